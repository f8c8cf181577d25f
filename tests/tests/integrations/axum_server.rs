//! The layer on a server of axum, over a real connection.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use axum::{
    Router,
    body::Body,
    extract::{MatchedPath, Request},
    http::StatusCode,
    routing::get,
};
use cb_runtime::{
    Registry,
    integrations::tower::{CircuitBreakerLayer, service_unavailable},
};
use tower::ServiceBuilder;

use super::{
    server::{Served, serve},
    *,
};

async fn status_of(server: &Served, path: &str) -> reqwest::Response {
    reqwest::get(format!("http://{}{path}", server.address)).await.unwrap()
}

#[tokio::test]
async fn a_router_takes_the_layer_and_its_rejections_are_answers() {
    let breaker = breaker();
    let calls = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&calls);
    let fails = move || {
        counted.fetch_add(1, Ordering::Relaxed);
        async { StatusCode::BAD_GATEWAY }
    };
    let layer =
        CircuitBreakerLayer::new(breaker.clone()).rejected_with(service_unavailable::<Body>);
    let server = serve(Router::new().route("/", get(fails)).layer(layer)).await;

    for _ in 0..3 {
        assert_eq!(status_of(&server, "/").await.status(), 502);
    }
    let rejected = status_of(&server, "/").await;

    assert_eq!(rejected.status(), 503);
    let seconds: u64 = rejected.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=30).contains(&seconds), "{seconds}");
    let text = rejected.text().await.unwrap();
    assert!(text.starts_with("This service is temporarily unavailable."), "{text}");
    assert_eq!(calls.load(Ordering::Relaxed), 3);

    breaker.reset();
    assert_eq!(status_of(&server, "/").await.status(), 502);
    server.task.abort();
}

#[tokio::test]
async fn each_route_may_have_a_breaker_of_its_own() {
    let registry = Registry::new();
    let config = settings().failure_threshold(1).build().unwrap();
    let layer = CircuitBreakerLayer::named("routes", config)
        .unwrap()
        .in_registry(&registry)
        .keyed_by(|request: &Request| {
            let path = request.extensions().get::<MatchedPath>();
            path.map_or_else(String::new, |path| path.as_str().to_owned())
        })
        .rejected_with(service_unavailable::<Body>);
    let router = Router::new()
        .route("/fails/{id}", get(|| async { StatusCode::INTERNAL_SERVER_ERROR }))
        .route("/works", get(|| async { "fine" }))
        .layer(ServiceBuilder::new().layer(layer));
    let server = serve(router).await;

    assert_eq!(status_of(&server, "/fails/1").await.status(), 500);
    assert_eq!(status_of(&server, "/fails/2").await.status(), 503);
    assert_eq!(status_of(&server, "/works").await.status(), 200);
    let names: Vec<_> = registry.iter().map(|breaker| breaker.name().to_owned()).collect();
    assert_eq!(names, ["routes[/fails/{id}]", "routes[/works]"]);
    server.task.abort();
}

#[tokio::test]
async fn one_route_may_be_layered_alone() {
    let breaker = breaker();
    let layer =
        CircuitBreakerLayer::new(breaker.clone()).rejected_with(service_unavailable::<Body>);
    let router = Router::new()
        .route("/reports", get(|| async { StatusCode::BAD_GATEWAY }).layer(layer))
        .route("/orders", get(|| async { StatusCode::BAD_GATEWAY }));
    let server = serve(router).await;
    for _ in 0..3 {
        assert_eq!(status_of(&server, "/reports").await.status(), 502);
        assert_eq!(status_of(&server, "/orders").await.status(), 502);
    }
    assert_eq!(status_of(&server, "/reports").await.status(), 503);
    assert_eq!(status_of(&server, "/orders").await.status(), 502);
    assert_eq!(breaker.snapshot().totals.calls, 3);
    server.task.abort();
}

async fn panics() -> StatusCode {
    std::panic::resume_unwind(Box::new("the handler's"))
}

#[tokio::test]
async fn a_handler_that_panics_fails_and_leaves_no_permit() {
    let breaker = breaker();
    breaker.reconfigure(|settings| settings.failure_threshold(2)).unwrap();
    let layer =
        CircuitBreakerLayer::new(breaker.clone()).rejected_with(service_unavailable::<Body>);
    let server = serve(Router::new().route("/", get(panics)).layer(layer)).await;
    for _ in 0..2 {
        let answer = reqwest::get(format!("http://{}/", server.address)).await;
        assert!(answer.is_err(), "the connection is gone");
    }
    assert_eq!(breaker.state(), State::Open);
    assert_eq!(breaker.snapshot().last_error.as_deref(), Some("panicked"));
    server.task.abort();
}
