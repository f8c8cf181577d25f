//! The layer among those of tower.

use std::{
    future::{Ready, ready},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use cb_runtime::integrations::tower::CircuitBreakerLayer;
use tokio::time::{advance, sleep, timeout};
use tower::{BoxError, ServiceBuilder, retry::Policy, service_fn};

use super::*;

const LIMIT: Duration = Duration::from_millis(100);

/// Takes for ever as far as these tests go.
async fn slow((): ()) -> Result<(), BoxError> {
    sleep(Duration::from_secs(3600)).await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_time_limit_within_is_a_failure_of_the_service() {
    let breaker = breaker();
    let mut service = ServiceBuilder::new()
        .layer(CircuitBreakerLayer::new(breaker.clone()).errors_only().rejected_into_error())
        .timeout(LIMIT)
        .service(service_fn(slow));

    for _ in 0..3 {
        let error = call(&mut service, ()).await.unwrap_err();
        assert!(error.is::<tower::timeout::error::Elapsed>(), "{error}");
    }

    assert_eq!(breaker.state(), State::Open);
    assert!(call(&mut service, ()).await.unwrap_err().is::<CircuitError>());
}

#[tokio::test(start_paused = true)]
async fn a_time_limit_outside_cancels_unless_that_is_to_be_a_failure() {
    for (is_failure, state) in [(false, State::Closed), (true, State::Open)] {
        let breaker = breaker();
        let mut layer = CircuitBreakerLayer::new(breaker.clone()).errors_only();
        if is_failure {
            layer = layer.cancelled_is_failure();
        }
        let mut service =
            ServiceBuilder::new().timeout(LIMIT).layer(layer).service(service_fn(slow));
        for _ in 0..3 {
            assert!(call(&mut service, ()).await.is_err());
        }
        assert_eq!(breaker.state(), state);
    }
}

#[tokio::test(start_paused = true)]
async fn callers_do_not_queue_for_a_limited_service_while_the_breaker_is_open() {
    let breaker = breaker();
    let service = ServiceBuilder::new()
        .layer(CircuitBreakerLayer::new(breaker.clone()).errors_only())
        .concurrency_limit(1)
        .service(service_fn(slow));
    let mut first = service.clone();
    let hangs = first.ready().await.unwrap().call(());
    let mut waits = Box::pin(service.clone().oneshot(()));
    assert!(poll_once(waits.as_mut()).is_pending(), "closed, it is a matter of the limit");

    for _ in 0..3 {
        breaker.try_acquire().unwrap().failure();
    }

    let at_once = timeout(SECOND, service.clone().oneshot(())).await;
    assert!(matches!(at_once, Ok(Err(CallError::Rejected(_)))), "and it waited for nobody");
    drop(hangs);
    assert!(
        matches!(waits.await, Err(CallError::Rejected(_))),
        "in the end, who waited is told too"
    );
}

#[tokio::test(start_paused = true)]
async fn a_limited_service_gets_its_place_back_from_a_call_that_is_dropped() {
    let breaker = breaker();
    let service = ServiceBuilder::new()
        .layer(CircuitBreakerLayer::new(breaker.clone()).errors_only())
        .concurrency_limit(1)
        .service(service_fn(|()| async { Ok::<_, BoxError>(()) }));
    for _ in 0..100 {
        drop(service.clone().ready().await.unwrap().call(()));
    }
    assert!(service.oneshot(()).await.is_ok());
    assert_eq!(breaker.snapshot().totals.cancelled, 100);
}

/// So many times more, but never after a rejection.
#[derive(Clone)]
struct Again(u32);

impl Policy<Wanted, u32, CallError<&'static str>> for Again {
    type Future = Ready<()>;

    fn retry(
        &mut self,
        _: &mut Wanted,
        answer: &mut Result<u32, CallError<&'static str>>,
    ) -> Option<Ready<()>> {
        match answer {
            Err(CallError::Failed(_)) if self.0 > 0 => {
                self.0 -= 1;
                Some(ready(()))
            }
            _ => None,
        }
    }

    fn clone_request(&mut self, wanted: &Wanted) -> Option<Wanted> {
        Some(*wanted)
    }
}

#[tokio::test(start_paused = true)]
async fn retries_outside_ask_the_breaker_each_time_and_stop_when_it_opens() {
    let breaker = breaker();
    let calls = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&calls);
    let mut service = ServiceBuilder::new()
        .retry(Again(10))
        .layer(CircuitBreakerLayer::new(breaker.clone()).errors_only())
        .service(service_fn(move |wanted: Wanted| {
            counted.fetch_add(1, Ordering::Relaxed);
            async move { wanted }
        }));

    rejection(call(&mut service, Err("refused")).await);

    assert_eq!(calls.load(Ordering::Relaxed), 3);
    let totals = breaker.snapshot().totals;
    assert_eq!((totals.failures, totals.rejected), (3, 1));
    advance(RECOVERY).await;
    assert_eq!(call(&mut service, Ok(1)).await, Ok(1));
}

#[tokio::test(start_paused = true)]
async fn a_buffer_outside_makes_a_service_that_cannot_be_cloned_shared() {
    let breaker = breaker();
    let service = ServiceBuilder::new()
        .buffer(8)
        .layer(CircuitBreakerLayer::new(breaker.clone()).errors_only())
        .service(tower::util::BoxService::new(service_fn(|wanted: Wanted| async move { wanted })));
    for _ in 0..3 {
        assert!(service.clone().oneshot(Err("refused")).await.is_err());
    }
    let error = service.oneshot(Ok(1)).await.unwrap_err();
    let rejected = error.downcast_ref::<CallError<&'static str>>();
    assert!(matches!(rejected, Some(CallError::Rejected(_))), "{error}");
}
