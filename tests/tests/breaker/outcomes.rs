use std::{
    cell::Cell,
    future::ready,
    panic::{AssertUnwindSafe, catch_unwind},
};

use cb_runtime::Totals;

use super::*;

/// The totals that are not zero.
fn counted(breaker: &CircuitBreaker) -> Vec<(&'static str, u64)> {
    let Totals {
        calls,
        successes,
        failures,
        ignored,
        rejected,
        timeouts,
        cancelled,
        fallbacks,
        fallback_failures,
        ..
    } = breaker.snapshot().totals;
    let all = [
        ("calls", calls),
        ("successes", successes),
        ("failures", failures),
        ("ignored", ignored),
        ("rejected", rejected),
        ("timeouts", timeouts),
        ("cancelled", cancelled),
        ("fallbacks", fallbacks),
        ("fallback_failures", fallback_failures),
    ];
    all.into_iter().filter(|&(_, count)| count > 0).collect()
}

fn caught(call: impl FnOnce()) -> Option<u32> {
    catch_unwind(AssertUnwindSafe(call)).err()?.downcast().ok().map(|payload| *payload)
}

#[tokio::test(start_paused = true)]
async fn given_a_call_when_it_returns_ok_then_it_is_a_success() {
    let breaker = breaker(settings());

    succeed(&breaker).await.unwrap();
    breaker.call_blocking(|| Ok::<_, &str>(())).unwrap();
    breaker.try_acquire().unwrap().success();

    assert_eq!(counted(&breaker), [("calls", 3), ("successes", 3)]);
}

#[tokio::test(start_paused = true)]
async fn given_a_call_when_it_returns_err_then_it_is_a_failure() {
    let breaker = breaker(settings());

    fail(&breaker).await.unwrap_err();
    breaker.call_blocking(|| Err::<(), _>("refused")).unwrap_err();
    breaker.try_acquire().unwrap().failure();

    assert_eq!(counted(&breaker), [("calls", 3), ("failures", 3)]);
}

#[tokio::test(start_paused = true)]
async fn given_an_asynchronous_call_when_it_panics_then_it_is_a_failure_and_the_panic_goes_on() {
    let breaker = breaker(settings());
    let shared = breaker.clone();

    let task = tokio::spawn(async move {
        let body = || async {
            tokio::task::yield_now().await;
            panic_with(42)
        };
        shared.call(body).await
    });
    let payload = task.await.unwrap_err().into_panic();

    assert_eq!(payload.downcast_ref::<u32>(), Some(&42));
    assert_eq!(counted(&breaker), [("calls", 1), ("failures", 1)]);
    assert_eq!(breaker.snapshot().last_error.as_deref(), Some("panicked"));
}

#[tokio::test(start_paused = true)]
async fn given_a_call_when_it_panics_before_its_first_await_then_it_is_a_failure_all_the_same() {
    let breaker = breaker(settings());
    let mut call = Box::pin(breaker.call(|| ready(panic_with(7))));

    let payload = caught(|| {
        let _ = poll_once(call.as_mut());
    });
    drop(call);

    assert_eq!(payload, Some(7));
    assert_eq!(
        counted(&breaker),
        [("calls", 1), ("failures", 1)],
        "dropped, it counts no second time"
    );
}

#[tokio::test(start_paused = true)]
async fn given_a_plain_call_when_it_panics_then_it_is_a_failure_and_the_panic_goes_on() {
    let breaker = breaker(settings());

    for payload in 1..=3 {
        let call = || {
            let _ = breaker.call_blocking(|| panic_with(payload));
        };
        assert_eq!(caught(call), Some(payload));
    }

    assert_eq!(breaker.state(), State::Open, "three in a row");
    assert_eq!(counted(&breaker), [("calls", 3), ("failures", 3)]);
}

#[tokio::test(start_paused = true)]
async fn given_a_probe_when_it_panics_then_the_breaker_is_open_again() {
    let breaker = due(settings()).await;

    caught(|| {
        let _ = breaker.call_blocking(|| panic_with(1));
    });

    assert_eq!(breaker.state(), State::Open);
    assert_eq!(breaker.snapshot().openings, 2);
}

#[tokio::test(start_paused = true)]
async fn given_an_asynchronous_call_when_it_is_dropped_midway_then_it_is_cancelled() {
    let breaker = breaker(settings());
    for _ in 0..5 {
        drop(hang(&breaker));
    }

    assert_eq!(counted(&breaker), [("calls", 5), ("cancelled", 5)]);
    assert_eq!((breaker.state(), breaker.snapshot().consecutive_failures), (State::Closed, 0));
}

#[tokio::test(start_paused = true)]
async fn given_a_call_when_its_caller_runs_out_of_patience_then_it_is_cancelled() {
    let breaker = breaker(settings());

    let answer = tokio::time::timeout(SECOND, breaker.call(pending::<Result<(), &str>>)).await;

    assert!(answer.is_err());
    assert_eq!(counted(&breaker), [("calls", 1), ("cancelled", 1)]);
}

#[tokio::test(start_paused = true)]
async fn given_a_task_when_it_is_aborted_then_its_call_is_cancelled() {
    let breaker = breaker(settings());
    let shared = breaker.clone();
    let task = tokio::spawn(async move { shared.call(pending::<Result<(), &str>>).await });
    tokio::task::yield_now().await;

    task.abort();

    assert!(task.await.unwrap_err().is_cancelled());
    assert_eq!(counted(&breaker), [("calls", 1), ("cancelled", 1)]);
}

#[tokio::test(start_paused = true)]
async fn given_a_call_when_it_is_never_polled_then_it_is_no_call() {
    let breaker = breaker(settings());

    drop(breaker.call(|| async { Ok::<_, &str>(()) }));

    assert_eq!(counted(&breaker), []);
}

#[tokio::test(start_paused = true)]
async fn given_a_permit_when_it_is_dropped_then_the_call_is_ignored() {
    let breaker = breaker(settings());

    drop(breaker.try_acquire().unwrap());
    breaker.try_acquire().unwrap().ignore();

    assert_eq!(counted(&breaker), [("calls", 2), ("ignored", 2)]);
}

#[tokio::test(start_paused = true)]
async fn given_an_open_breaker_when_it_is_called_then_only_the_rejections_are_counted() {
    let breaker = opened(settings()).await;

    for _ in 0..4 {
        rejection(&breaker).await;
    }
    breaker.call_blocking(|| Ok::<_, &str>(())).unwrap_err();
    breaker.try_acquire().unwrap_err();

    assert_eq!(counted(&breaker), [("calls", 3), ("failures", 3), ("rejected", 6)]);
}

#[tokio::test(start_paused = true)]
async fn given_a_half_open_breaker_when_it_rejects_then_that_is_no_failure_of_the_service() {
    let breaker = due(settings().failure_threshold(1)).await;
    let probe = Flight::begin(&breaker);

    for _ in 0..4 {
        rejection(&breaker).await;
    }
    probe.succeed().await;

    assert_eq!(breaker.state(), State::Closed);
    let expected = [("calls", 2), ("successes", 1), ("failures", 1), ("rejected", 4)];
    assert_eq!(counted(&breaker), expected);
}

#[tokio::test(start_paused = true)]
async fn given_a_call_when_it_is_dropped_then_its_body_is_gone_before_its_permit_is_back() {
    /// Asks for a permit when it is dropped.
    struct Asks<'a>(&'a CircuitBreaker, &'a Cell<Option<bool>>);
    impl Drop for Asks<'_> {
        fn drop(&mut self) {
            self.1.set(Some(self.0.try_acquire().is_ok()));
        }
    }
    let breaker = due(settings()).await;
    let admitted = Cell::new(None);

    let mut call = Box::pin(breaker.call(|| {
        let asks = Asks(&breaker, &admitted);
        async move {
            let _asks = asks;
            pending::<Result<(), &str>>().await
        }
    }));
    assert_eq!(poll_once(call.as_mut()), Poll::Pending);
    drop(call);

    assert_eq!(admitted.get(), Some(false), "while the body was there, so was its permit");
    assert!(breaker.try_acquire().is_ok());
}
