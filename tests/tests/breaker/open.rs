use std::cell::Cell;

use cb_runtime::{OpenReason, Opening};
use tokio::time::Instant;

use super::*;

fn opening(error: &CircuitError) -> Opening {
    match error {
        CircuitError::Open { opening, .. } => *opening,
        other => unreachable!("the breaker was to be open, but said {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn given_an_open_breaker_when_it_is_called_then_the_service_is_not_asked() {
    let breaker = opened(settings()).await;
    let asked = Cell::new(0);
    let ask = || {
        asked.set(asked.get() + 1);
        Ok::<_, &str>(())
    };

    for _ in 0..100 {
        let answer = breaker.call(|| async { ask() }).await;
        assert!(matches!(answer, Err(CallError::Rejected(CircuitError::Open { .. }))));
        let answer = breaker.call_blocking(ask);
        assert!(matches!(answer, Err(CallError::Rejected(CircuitError::Open { .. }))));
        assert!(matches!(breaker.try_acquire(), Err(CircuitError::Open { .. })));
    }

    assert_eq!(asked.get(), 0);
}

#[tokio::test(start_paused = true)]
async fn given_an_open_breaker_when_the_time_is_over_to_the_nanosecond_then_a_probe_passes() {
    let breaker = opened(settings()).await;

    advance(RECOVERY - NANO).await;
    assert_eq!(breaker.state(), State::Open, "one nanosecond before");
    assert_eq!(rejection(&breaker).await.retry_after(), Some(NANO));
    advance(NANO).await;

    assert_eq!(breaker.state(), State::HalfOpen);
    assert_eq!(succeed(&breaker).await, Ok(()));
    assert_eq!(breaker.state(), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn given_a_breaker_that_is_due_when_it_is_looked_at_then_no_permit_is_taken() {
    let breaker = due(settings()).await;

    for _ in 0..100 {
        assert_eq!(breaker.state(), State::HalfOpen);
        assert_eq!(breaker.snapshot().state, State::HalfOpen);
        assert_eq!(breaker.snapshot().remaining_open, None);
        assert!(format!("{breaker:?}").contains("HalfOpen"));
    }

    assert!(breaker.try_acquire().is_ok(), "the one permit is there");
}

#[tokio::test(start_paused = true)]
async fn given_a_rejection_when_time_passes_then_its_retry_after_counts_down_to_zero() {
    let breaker = opened(settings()).await;
    let error = rejection(&breaker).await;

    assert_eq!(error.retry_after(), Some(RECOVERY));
    advance(Duration::from_millis(12_345)).await;
    assert_eq!(error.retry_after(), Some(Duration::from_millis(17_655)));
    advance(RECOVERY).await;
    assert_eq!(error.retry_after(), Some(Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn given_an_open_breaker_when_it_is_called_all_the_time_then_it_is_open_no_longer() {
    let breaker = opened(settings()).await;

    for second in 0..30 {
        let remaining = Duration::from_secs(30 - second);
        assert_eq!(rejection(&breaker).await.retry_after(), Some(remaining));
        assert_eq!(breaker.snapshot().remaining_open, Some(remaining));
        advance(SECOND).await;
    }

    assert_eq!(succeed(&breaker).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn given_a_rejection_when_it_is_looked_at_then_it_says_when_and_why_the_breaker_opened() {
    let breaker = breaker(settings());
    advance(SECOND).await;
    open(&breaker).await;
    let opened_at = Instant::now();
    advance(SECOND).await;

    let opening = opening(&rejection(&breaker).await);

    assert_eq!(opening.since(), opened_at);
    assert_eq!(opening.remaining(), RECOVERY - SECOND);
    assert_eq!(opening.reason(), OpenReason::ConsecutiveFailures { count: 3 });
}

#[tokio::test(start_paused = true)]
async fn given_a_failed_probe_when_the_breaker_is_open_again_then_the_rejection_tells_of_that() {
    let breaker = due(settings()).await;
    advance(SECOND).await;
    fail(&breaker).await.unwrap_err();
    let reopened_at = Instant::now();

    let error = rejection(&breaker).await;

    assert_eq!(opening(&error).since(), reopened_at);
    assert_eq!(opening(&error).reason(), OpenReason::ProbeFailed);
    assert_eq!(error.retry_after(), Some(RECOVERY), "the whole time again");
}

#[tokio::test(start_paused = true)]
async fn given_no_end_of_the_open_time_when_ten_years_have_passed_then_only_a_reset_closes() {
    let breaker = opened(settings().recovery_timeout(Duration::MAX)).await;

    advance(Duration::from_secs(10 * 365 * 86_400)).await;

    assert_eq!(breaker.state(), State::Open);
    assert!(rejection(&breaker).await.retry_after() > Some(Duration::from_secs(86_400)));
    breaker.reset();
    assert_eq!(succeed(&breaker).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn given_an_open_breaker_when_it_is_reset_then_calls_pass_at_once() {
    let breaker = opened(settings()).await;

    breaker.reset();

    assert_eq!(breaker.state(), State::Closed);
    assert_eq!(succeed(&breaker).await, Ok(()));
    assert_eq!(breaker.snapshot().openings, 1, "how often it has opened is a total");
}

#[tokio::test(start_paused = true)]
async fn given_the_shortest_open_time_when_a_nanosecond_has_passed_then_a_probe_passes() {
    let breaker = opened(settings().recovery_timeout(NANO)).await;
    assert_eq!(breaker.state(), State::Open);

    advance(NANO).await;

    assert_eq!(breaker.state(), State::HalfOpen);
    assert_eq!(succeed(&breaker).await, Ok(()));
}
