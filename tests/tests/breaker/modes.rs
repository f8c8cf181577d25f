use cb_runtime::{Mode, OpenReason};
use tokio::time::Instant;

use super::*;

#[tokio::test(start_paused = true)]
async fn given_forced_open_when_calls_come_then_all_are_rejected_until_resumed() {
    let breaker = breaker(settings());

    breaker.force_open();

    for _ in 0..3 {
        assert!(matches!(rejection(&breaker).await, CircuitError::ForcedOpen { until: None, .. }));
        assert_eq!((breaker.state(), breaker.mode()), (State::Open, Mode::ForcedOpen));
        advance(Duration::from_secs(86_400)).await;
    }
    breaker.resume();
    assert_eq!((breaker.state(), breaker.mode()), (State::Closed, Mode::Normal));
    assert_eq!(succeed(&breaker).await, Ok(()));
    assert_eq!(breaker.snapshot().openings, 0, "it never opened by its own counts");
}

#[tokio::test(start_paused = true)]
async fn given_forced_open_for_a_time_when_it_is_over_to_the_nanosecond_then_calls_pass() {
    let breaker = breaker(settings());
    breaker.force_open_for(SECOND);
    let error = rejection(&breaker).await;
    let end = Instant::now() + SECOND;
    assert!(matches!(error, CircuitError::ForcedOpen { until, .. } if until == Some(end)));
    assert_eq!(error.retry_after(), Some(SECOND));

    advance(SECOND - NANO).await;
    assert_eq!(rejection(&breaker).await.retry_after(), Some(NANO));
    assert_eq!((breaker.state(), breaker.mode()), (State::Open, Mode::ForcedOpen));
    advance(NANO).await;

    assert_eq!((breaker.state(), breaker.mode()), (State::Closed, Mode::Normal), "for a reader");
    assert_eq!(error.retry_after(), Some(Duration::ZERO));
    assert_eq!(succeed(&breaker).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn given_forced_open_for_all_time_when_it_is_asked_for_then_nothing_overflows() {
    let breaker = breaker(settings());

    breaker.force_open_for(Duration::MAX);

    advance(Duration::from_secs(86_400)).await;
    assert_eq!(rejection(&breaker).await.retry_after(), None);
    breaker.resume();
    assert_eq!(succeed(&breaker).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn given_an_open_breaker_when_it_is_forced_open_and_resumed_then_its_open_time_ran_on() {
    let breaker = opened(settings()).await;

    breaker.force_open_for(SECOND);
    assert_eq!(breaker.snapshot().remaining_open, None, "it is not open by its own counts only");
    advance(2 * SECOND).await;

    assert_eq!(breaker.snapshot().remaining_open, Some(RECOVERY - 2 * SECOND));
    assert!(matches!(rejection(&breaker).await, CircuitError::Open { .. }));
    advance(RECOVERY - 2 * SECOND).await;
    assert_eq!(succeed(&breaker).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn given_a_half_open_breaker_when_it_is_forced_open_and_resumed_then_its_permits_are_free() {
    let breaker = due(settings()).await;
    let probe = Flight::begin(&breaker);

    breaker.force_open();
    breaker.resume();

    assert_eq!(breaker.state(), State::HalfOpen);
    let next = Flight::begin(&breaker);
    probe.fail().await;
    assert_eq!(breaker.state(), State::HalfOpen, "the earlier probe is late");
    next.succeed().await;
    assert_eq!(breaker.state(), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn given_forced_open_when_it_is_reset_then_it_is_closed() {
    let breaker = opened(settings()).await;
    breaker.force_open();

    breaker.reset();

    assert_eq!((breaker.state(), breaker.mode()), (State::Closed, Mode::Normal));
    assert_eq!(succeed(&breaker).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn given_disabled_when_calls_come_then_all_pass_and_none_is_counted() {
    let breaker = opened(settings()).await;
    let before = breaker.snapshot().totals;

    breaker.disable();

    for _ in 0..10 {
        assert_eq!(fail(&breaker).await, FAILED);
        assert_eq!(succeed(&breaker).await, Ok(()));
        breaker.try_acquire().unwrap().failure();
        drop(hang(&breaker));
    }
    assert_eq!(breaker.mode(), Mode::Disabled);
    assert_eq!(breaker.snapshot().totals, before);
    breaker.resume();
    assert!(matches!(rejection(&breaker).await, CircuitError::Open { .. }), "as it was before");
}

#[tokio::test(start_paused = true)]
async fn given_a_call_that_began_disabled_when_it_fails_after_a_resume_then_it_is_not_counted() {
    let breaker = breaker(settings().failure_threshold(1));
    breaker.disable();
    let call = Flight::begin(&breaker);

    breaker.resume();
    call.fail().await;

    assert_eq!(breaker.state(), State::Closed);
    assert_eq!(breaker.snapshot().totals.failures, 0);
}

#[tokio::test(start_paused = true)]
async fn given_metrics_only_when_calls_fail_then_all_pass_and_all_are_counted() {
    let breaker = opened(settings()).await;
    breaker.metrics_only();

    for _ in 0..10 {
        assert_eq!(fail(&breaker).await, FAILED);
        assert_eq!(breaker.state(), State::Closed);
    }

    assert_eq!(breaker.mode(), Mode::MetricsOnly);
    let after = breaker.snapshot();
    assert_eq!((after.totals.calls, after.totals.failures, after.totals.rejected), (13, 13, 0));
    assert_eq!(after.last_opening, Some(OpenReason::ConsecutiveFailures { count: 3 }));
    assert_eq!(after.remaining_open, None);
}

#[tokio::test(start_paused = true)]
async fn given_a_dry_run_that_would_be_open_when_it_is_resumed_then_the_breaker_starts_closed() {
    let breaker = breaker(settings());
    breaker.metrics_only();
    for _ in 0..10 {
        fail(&breaker).await.unwrap_err();
    }

    breaker.resume();

    assert_eq!((breaker.state(), breaker.mode()), (State::Closed, Mode::Normal));
    assert_eq!(breaker.snapshot().consecutive_failures, 0);
    open(&breaker).await;
}

#[tokio::test(start_paused = true)]
async fn given_metrics_only_when_calls_are_cancelled_or_succeed_then_they_are_counted_as_such() {
    let breaker = breaker(settings());
    breaker.metrics_only();

    succeed(&breaker).await.unwrap();
    drop(hang(&breaker));
    breaker.try_acquire().unwrap().ignore();

    let totals = breaker.snapshot().totals;
    assert_eq!((totals.calls, totals.successes), (3, 1));
    assert_eq!((totals.cancelled, totals.ignored), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn given_each_mode_when_another_is_set_then_that_one_is_in_force() {
    type Set = fn(&CircuitBreaker);
    let breaker = breaker(settings());
    let set: [(Set, Mode); 4] = [
        (CircuitBreaker::force_open, Mode::ForcedOpen),
        (CircuitBreaker::disable, Mode::Disabled),
        (CircuitBreaker::metrics_only, Mode::MetricsOnly),
        (CircuitBreaker::resume, Mode::Normal),
    ];
    for (from, _) in set {
        for (to, mode) in set {
            from(&breaker);
            to(&breaker);
            assert_eq!(breaker.mode(), mode);
            assert_eq!(succeed(&breaker).await.is_ok(), mode != Mode::ForcedOpen);
        }
    }
}
