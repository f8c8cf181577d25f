//! What answers of HTTP say of a service, without a server.

use std::convert::Infallible;

use cb_runtime::{
    OpenReason,
    integrations::tower::{CircuitBreakerLayer, CircuitBreakerService},
};
use http::{Response, response::Builder};
use tokio::time::advance;
use tower::{Layer, service_fn};

use super::*;

fn service(
    breaker: &CircuitBreaker,
) -> impl Service<Builder, Response = Response<()>, Error = CallError<Infallible>> {
    let layer = CircuitBreakerLayer::new(breaker.clone());
    let service: CircuitBreakerService<_> = layer.layer(service_fn(|head: Builder| async move {
        Ok::<_, Infallible>(head.body(()).unwrap())
    }));
    service
}

fn status(status: u16) -> Builder {
    Response::builder().status(status)
}

#[tokio::test(start_paused = true)]
async fn errors_of_the_server_open_and_reach_the_caller() {
    let breaker = breaker();
    let mut service = service(&breaker);
    for _ in 0..3 {
        assert_eq!(call(&mut service, status(502)).await.unwrap().status(), 502);
    }
    assert_eq!(breaker.state(), State::Open);
    assert_eq!(breaker.snapshot().last_error.as_deref(), Some("502 Bad Gateway"));
    rejection(call(&mut service, status(200)).await);
}

#[tokio::test(start_paused = true)]
async fn errors_of_the_client_are_answers() {
    let breaker = breaker();
    let mut service = service(&breaker);
    for code in [400, 401, 403, 404, 409, 410, 422] {
        assert_eq!(call(&mut service, status(code)).await.unwrap().status(), code);
    }
    let totals = breaker.snapshot().totals;
    assert_eq!((totals.successes, totals.failures), (7, 0));
}

#[tokio::test(start_paused = true)]
async fn retry_after_opens_at_once_and_for_so_long() {
    for (code, value, seconds) in
        [(429, "120", 120), (503, "7", 7), (503, "Sun, 06 Nov 1994 08:51:37 GMT", 120)]
    {
        let breaker = breaker();
        let mut service = service(&breaker);
        let busy = status(code)
            .header("retry-after", value)
            .header("date", "Sun, 06 Nov 1994 08:49:37 GMT");

        assert_eq!(call(&mut service, busy).await.unwrap().status(), code);

        let error = rejection(call(&mut service, status(200)).await);
        assert_eq!(error.retry_after(), Some(Duration::from_secs(seconds)), "{code} {value}");
        let CircuitError::Open { opening, .. } = error else { unreachable!("it is open") };
        assert_eq!(opening.reason(), OpenReason::StayAway);

        advance(Duration::from_secs(seconds)).await;
        assert_eq!(call(&mut service, status(200)).await.unwrap().status(), 200);
        assert_eq!(breaker.state(), State::Closed);
    }
}
