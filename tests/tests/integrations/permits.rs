//! No way to end, or not to end, a call leaves a permit behind.

use std::{
    future::{Ready, pending, ready},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
};

use cb_runtime::integrations::tower::{CircuitBreakerLayer, Outcome};
use tokio::time::advance;
use tower::{Layer, ServiceBuilder, service_fn, util::BoxService};

use super::*;

const TIMES: u32 = 100;

/// A breaker that is half-open, and so has one permit.
async fn half_open() -> CircuitBreaker {
    let breaker = breaker();
    for _ in 0..3 {
        breaker.try_acquire().unwrap().failure();
    }
    advance(RECOVERY).await;
    assert_eq!(breaker.state(), State::HalfOpen);
    breaker
}

/// The one permit is there, and no second.
fn assert_one_permit(breaker: &CircuitBreaker) {
    assert_eq!(breaker.state(), State::HalfOpen);
    let permit = breaker.try_acquire().unwrap();
    assert!(matches!(breaker.try_acquire(), Err(CircuitError::HalfOpen { .. })));
    drop(permit);
}

fn hanging(breaker: &CircuitBreaker) -> BoxService<(), (), CallError<&'static str>> {
    let layer = CircuitBreakerLayer::new(breaker.clone()).errors_only();
    BoxService::new(layer.layer(service_fn(|()| pending::<Result<(), &'static str>>())))
}

#[tokio::test(start_paused = true)]
async fn a_call_holds_its_permit_until_it_is_dropped() {
    let breaker = half_open().await;
    let mut service = hanging(&breaker);

    for _ in 0..TIMES {
        let mut under_way = service.ready().await.unwrap().call(());
        assert!(poll_once(under_way.as_mut()).is_pending());
        let second = service.ready().await.unwrap().call(()).await;
        assert!(matches!(rejection(second), CircuitError::HalfOpen { .. }));
        drop(under_way);
    }

    assert_one_permit(&breaker);
    assert_eq!(breaker.snapshot().totals.cancelled, u64::from(TIMES));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_never_polled_gives_its_permit_back() {
    let breaker = half_open().await;
    let mut service = hanging(&breaker);
    for _ in 0..TIMES {
        drop(service.ready().await.unwrap().call(()));
    }
    assert_one_permit(&breaker);
}

#[tokio::test(start_paused = true)]
async fn readiness_takes_no_permit() {
    let breaker = half_open().await;
    let mut services: Vec<_> = (0..TIMES).map(|_| hanging(&breaker)).collect();
    for service in &mut services {
        service.ready().await.unwrap();
    }
    assert_one_permit(&breaker);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_is_a_failure_where_that_is_asked_for() {
    let breaker = breaker();
    let layer = CircuitBreakerLayer::new(breaker.clone()).errors_only().cancelled_is_failure();
    let mut service = layer.layer(service_fn(|()| pending::<Result<(), &'static str>>()));
    for _ in 0..3 {
        drop(service.ready().await.unwrap().call(()));
    }
    assert_eq!(breaker.state(), State::Open);
}

/// Panics without a message on the test's output.
fn panics() -> Wanted {
    resume_unwind(Box::new("the service's own"))
}

fn panic_of<R>(work: impl FnOnce() -> R) -> &'static str {
    let payload = catch_unwind(AssertUnwindSafe(work)).err().expect("it panics");
    payload.downcast_ref::<&str>().copied().expect("the panic is handed on as it is")
}

#[tokio::test(start_paused = true)]
async fn a_service_that_panics_fails_and_its_panic_goes_on() {
    type AtOnce = fn(()) -> Ready<Wanted>;
    for probes in [1, 3] {
        let breaker = half_open().await;
        breaker.reconfigure(|settings| settings.half_open_max_calls(probes)).unwrap();
        let layer = CircuitBreakerLayer::new(breaker.clone()).errors_only();

        let mut in_call = layer.layer(service_fn((|()| ready(panics())) as AtOnce));
        let panic = panic_of(|| drop(in_call.call(())));
        assert_eq!(panic, "the service's own");
        assert_eq!(breaker.state(), State::Open, "one panic of a probe opens");

        advance(RECOVERY).await;
        let mut in_future = layer.layer(service_fn(|()| async { panics() }));
        let mut future = Box::pin(in_future.call(()));
        assert_eq!(panic_of(|| poll_once(future.as_mut())), "the service's own");
        assert_eq!(breaker.state(), State::Open);
        drop(future);

        advance(RECOVERY).await;
        assert_eq!(breaker.snapshot().totals.failures, 5);
        breaker.reconfigure(|settings| settings.half_open_max_calls(1)).unwrap();
        assert_one_permit(&breaker);
    }
}

#[tokio::test(start_paused = true)]
async fn a_judge_that_panics_is_a_failure() {
    let breaker = breaker();
    let layer = CircuitBreakerLayer::new(breaker.clone()).classify(
        |_: Result<&u32, &&'static str>| -> Outcome { resume_unwind(Box::new("the judge's")) },
    );
    let mut service = layer.layer(service_fn(|wanted: Wanted| async move { wanted }));
    let mut future = Box::pin(service.call(Ok(1)));
    assert_eq!(panic_of(|| poll_once(future.as_mut())), "the judge's");
    assert_eq!(breaker.snapshot().totals.failures, 1);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_full_service_holds_no_permit() {
    let breaker = half_open().await;
    let full = || pending::<Result<(), tower::BoxError>>();
    let layer = CircuitBreakerLayer::new(breaker.clone()).errors_only();
    let limited = ServiceBuilder::new()
        .layer(layer.clone())
        .concurrency_limit(1)
        .service(service_fn(move |()| full()));
    let mut first = limited.clone();
    // Takes the one place, past the breaker.
    first.get_mut().ready().await.unwrap();
    let _taken = first.get_mut().call(());
    let buffered = ServiceBuilder::new()
        .layer(layer)
        .buffer(1)
        .concurrency_limit(1)
        .service(service_fn(move |()| full()));
    let mut second = buffered.clone();
    // The first is called, the second waits for the limit, and the third for its turn.
    let mut under_way = Vec::new();
    for _ in 0..3 {
        second.get_mut().ready().await.unwrap();
        under_way.push(second.get_mut().call(()));
        tokio::task::yield_now().await;
    }

    for _ in 0..TIMES {
        assert!(poll_once(Box::pin(limited.clone().oneshot(())).as_mut()).is_pending());
        assert!(poll_once(Box::pin(buffered.clone().oneshot(())).as_mut()).is_pending());
    }

    assert_one_permit(&breaker);
    assert_eq!(breaker.snapshot().totals.cancelled, 0, "none of them was a call");
}

#[tokio::test(start_paused = true)]
async fn a_full_service_that_sheds_its_load_leaves_no_permit_behind() {
    let breaker = half_open().await;
    let limited = ServiceBuilder::new()
        .layer(CircuitBreakerLayer::new(breaker.clone()).classify(
            |answer: Result<&(), &tower::BoxError>| match answer {
                Ok(()) => Outcome::success(),
                Err(error) if error.is::<tower::load_shed::error::Overloaded>() => {
                    Outcome::ignored()
                }
                Err(error) => Outcome::failure(error),
            },
        ))
        .load_shed()
        .concurrency_limit(1)
        .service(service_fn(|()| pending::<Result<(), tower::BoxError>>()));
    let mut first = limited.clone();
    // Takes the one place, past the breaker.
    first.get_mut().ready().await.unwrap();
    let _taken = first.get_mut().call(());

    for _ in 0..TIMES {
        let answer = limited.clone().oneshot(()).await;
        assert!(
            matches!(answer, Err(CallError::Failed(error)) if error.to_string().contains("overloaded"))
        );
    }
    assert_one_permit(&breaker);
    assert_eq!(breaker.snapshot().totals.ignored, u64::from(TIMES) + 1);
}
