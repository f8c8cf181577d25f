//! What the caller of a rejected call gets.

use std::{convert::Infallible, io};

use cb_runtime::integrations::tower::{CircuitBreakerLayer, service_unavailable};
use http::Response;
use tower::{BoxError, Layer, service_fn};

use super::*;

#[tokio::test(start_paused = true)]
async fn an_error_in_a_box_is_still_known_for_what_it_is() {
    let breaker = breaker();
    breaker.force_open();
    let service = service_fn(|()| async { Ok::<(), io::Error>(()) });
    let layered = CircuitBreakerLayer::new(breaker.clone()).errors_only().layer(service);

    let error: BoxError = layered.oneshot(()).await.unwrap_err().into();

    let rejected = error.downcast_ref::<CallError<io::Error>>();
    assert!(matches!(rejected, Some(CallError::Rejected(error)) if error.name() == "orders"));
}

#[tokio::test(start_paused = true)]
async fn a_rejection_becomes_an_error_of_the_services_own_type() {
    let breaker = breaker();
    let service = service_fn(|wanted: Result<(), io::ErrorKind>| async move {
        wanted.map_err(|kind| BoxError::from(io::Error::from(kind)))
    });
    let layer = CircuitBreakerLayer::new(breaker.clone()).errors_only().rejected_into_error();
    let mut layered = layer.layer(service);

    let failed: BoxError = call(&mut layered, Err(io::ErrorKind::TimedOut)).await.unwrap_err();
    assert!(failed.is::<io::Error>(), "the service's error is as it was");
    breaker.force_open();
    let rejected: BoxError = call(&mut layered, Ok(())).await.unwrap_err();
    assert!(rejected.downcast_ref::<CircuitError>().is_some_and(CircuitError::is_rejection));
}

#[tokio::test(start_paused = true)]
async fn a_rejection_becomes_an_answer_of_a_service_that_knows_no_errors() {
    let breaker = breaker();
    let service = service_fn(|()| async {
        Ok::<_, Infallible>(Response::builder().status(500).body("broken").unwrap())
    });
    let layer = CircuitBreakerLayer::new(breaker.clone()).rejected_with(service_unavailable);
    let mut layered = layer.layer(service);

    for _ in 0..3 {
        assert_eq!(call(&mut layered, ()).await.unwrap().status(), 500);
    }
    tokio::time::advance(Duration::from_millis(500)).await;
    let Ok(answer) = call(&mut layered, ()).await;
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.headers()["retry-after"], "30", "29.5 s are rounded up");
    assert_eq!(
        *answer.body(),
        "This service is temporarily unavailable. Please try again in a few moments."
    );
    let totals = breaker.snapshot().totals;
    assert_eq!((totals.rejected, totals.fallbacks, totals.failures), (1, 0, 3));
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_a_time_names_none() {
    let breaker = breaker();
    breaker.force_open();
    let error = breaker.try_acquire().unwrap_err();
    let answer: Response<String> = service_unavailable(error);
    assert_eq!((answer.status().as_u16(), answer.headers().get("retry-after")), (503, None));
}

#[tokio::test(start_paused = true)]
async fn a_closure_answers_with_what_it_likes() {
    let breaker = breaker();
    breaker.force_open();
    let layer = CircuitBreakerLayer::new(breaker)
        .errors_only()
        .rejected_with(|error| format!("yesterday's news, since {}", error.name()));
    let layered = layer.layer(service_fn(|()| async { Ok::<_, io::Error>(String::new()) }));
    assert_eq!(layered.oneshot(()).await.unwrap(), "yesterday's news, since orders");
}
