//! What may be sent where, and named how.

use std::convert::Infallible;

use cb_runtime::integrations::{
    reqwest::CircuitBreakerMiddleware,
    tower::{
        ByKey, CircuitBreakerLayer, CircuitBreakerService, Named, PerHost, service_unavailable,
    },
};
use http::{Request, Response};
use tower::{
    Layer, service_fn,
    util::{BoxCloneSyncService, BoxService},
};

use super::*;

fn is_sync<T: Send + Sync + 'static>(_: &T) {}
fn is_sync_type<T: Send + Sync + Clone + 'static>() {}
fn is_sent<T: Send + 'static>(_: &T) {}

#[test]
fn layers_services_and_calls_can_be_sent_and_shared() {
    is_sync_type::<CircuitBreakerLayer>();
    is_sync_type::<CircuitBreakerLayer<Named>>();
    is_sync_type::<CircuitBreakerLayer<PerHost>>();
    is_sync_type::<CircuitBreakerLayer<ByKey<fn(&Request<()>) -> u8>>>();
    is_sync_type::<CircuitBreakerService<()>>();
    is_sync_type::<CircuitBreakerMiddleware>();

    let layer = CircuitBreakerLayer::new(breaker()).rejected_with(service_unavailable::<String>);
    let mut service = layer.layer(service_fn(|_: Request<String>| async {
        Ok::<_, Infallible>(Response::new(String::new()))
    }));
    is_sync(&layer);
    is_sync(&service);
    is_sent(&service.call(Request::default()));
    let boxed = BoxCloneSyncService::<Request<String>, _, Infallible>::new(service);
    is_sent(&boxed);
}

#[tokio::test]
async fn a_service_that_cannot_be_cloned_or_shared_can_be_layered() {
    let within = BoxService::new(service_fn(|wanted: Wanted| async move { wanted }));
    let layer = CircuitBreakerLayer::new(breaker()).errors_only();
    let layered = layer.layer(within);
    is_sent(&layered);
    assert_eq!(layered.oneshot(Ok(1)).await, Ok(1));
}

#[tokio::test]
async fn what_is_within_and_its_answers_need_not_be_sent() {
    let within =
        service_fn(|number: std::rc::Rc<u32>| async move { Ok::<_, &'static str>(number) });
    let layered = CircuitBreakerLayer::new(breaker()).errors_only().layer(within);
    assert_eq!(layered.oneshot(std::rc::Rc::new(7)).await, Ok(std::rc::Rc::new(7)));
}

#[test]
fn debug_shows_the_breaker() {
    let layer = CircuitBreakerLayer::new(breaker());
    assert_eq!(format!("{layer:?}"), "CircuitBreakerLayer { breaker: \"orders\", .. }");
    let service = format!("{:?}", layer.layer(()));
    assert!(
        service.starts_with("CircuitBreakerService { breaker: CircuitBreaker { name: \"orders\""),
        "{service}"
    );
}
