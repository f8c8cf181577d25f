//! Calls that take longer than `slow_call`.

use cb_runtime::{OpenReason, Window};

use super::*;

/// A second is not slow yet; nothing opens by failing.
fn slow_settings() -> ConfigBuilder {
    settings().failure_threshold(u32::MAX).slow_call(SECOND).min_calls(1)
}

const SLOW: Duration = Duration::from_nanos(1_000_000_001);

async fn succeed_after(breaker: &CircuitBreaker, time: Duration) {
    let call = Flight::begin(breaker);
    advance(time).await;
    call.succeed().await;
}

async fn fail_after(breaker: &CircuitBreaker, time: Duration) {
    let call = Flight::begin(breaker);
    advance(time).await;
    call.fail().await;
}

async fn cancel_after(breaker: &CircuitBreaker, time: Duration) {
    let call = Flight::begin(breaker);
    advance(time).await;
    call.cancel();
}

/// The failures' and the slow calls' share of the window, and the total of slow calls.
fn found(breaker: &CircuitBreaker) -> (Option<f64>, Option<f64>, u64) {
    let now = breaker.snapshot();
    (now.failure_rate, now.slow_call_rate, now.totals.slow)
}

fn opened_by_slow(breaker: &CircuitBreaker) -> Option<(u32, u32)> {
    match breaker.snapshot().last_opening {
        Some(OpenReason::SlowCallRate { slow, calls, .. }) => Some((slow, calls)),
        _ => None,
    }
}

#[tokio::test(start_paused = true)]
async fn given_a_call_when_it_takes_exactly_slow_call_then_it_is_not_slow() {
    let breaker = breaker(slow_settings());

    succeed_after(&breaker, SECOND).await;
    fail_after(&breaker, SECOND).await;
    assert_eq!(found(&breaker), (Some(0.5), Some(0.0), 0));
    fail_after(&breaker, SLOW).await;

    assert_eq!(found(&breaker), (Some(2.0 / 3.0), Some(1.0 / 3.0), 1));
}

#[tokio::test(start_paused = true)]
async fn given_slow_successes_when_their_share_reaches_the_rate_then_the_last_one_opens() {
    for window in [Window::calls(10), Window::time(Duration::from_secs(3600))] {
        let settings = slow_settings().slow_call_rate(0.3).window(window).min_calls(10);
        let breaker = breaker(settings);
        for _ in 0..7 {
            succeed(&breaker).await.unwrap();
        }
        succeed_after(&breaker, SLOW).await;
        succeed_after(&breaker, SLOW).await;
        assert_eq!(breaker.state(), State::Closed, "nine calls of ten");

        succeed_after(&breaker, SLOW).await;

        assert_eq!(breaker.state(), State::Open);
        assert_eq!(opened_by_slow(&breaker), Some((3, 10)));
        assert_eq!(breaker.snapshot().totals.successes, 10, "a slow success is a success");
    }
}

#[tokio::test(start_paused = true)]
async fn given_no_slow_call_rate_when_all_calls_are_slow_then_it_opens_at_ten() {
    let breaker = breaker(settings().slow_call(SECOND));
    for _ in 0..9 {
        succeed_after(&breaker, SLOW).await;
    }
    assert_eq!((breaker.state(), found(&breaker)), (State::Closed, (None, None, 9)));

    succeed_after(&breaker, SLOW).await;

    assert_eq!(opened_by_slow(&breaker), Some((10, 10)));
}

#[tokio::test(start_paused = true)]
async fn given_quick_calls_when_they_end_then_neither_success_nor_failure_makes_the_rate_grow() {
    let breaker =
        breaker(slow_settings().slow_call_rate(0.5).window(Window::calls(4)).min_calls(4));
    succeed_after(&breaker, SLOW).await;
    succeed(&breaker).await.unwrap();
    succeed(&breaker).await.unwrap();
    fail(&breaker).await.unwrap_err();
    assert_eq!(found(&breaker).1, Some(0.25));

    succeed(&breaker).await.unwrap();

    assert_eq!((breaker.state(), found(&breaker).1), (State::Closed, Some(0.0)), "it left");
}

#[tokio::test(start_paused = true)]
async fn given_a_slow_failure_when_it_is_counted_then_it_is_in_both_rates() {
    let both = slow_settings().slow_call_rate(0.5).failure_rate(0.5).min_calls(2);
    let breaker = breaker(both);
    fail_after(&breaker, SLOW).await;
    fail_after(&breaker, SLOW).await;
    let reason = breaker.snapshot().last_opening;
    assert!(matches!(reason, Some(OpenReason::FailureRate { failures: 2, calls: 2, .. })));
    assert_eq!((breaker.snapshot().totals.failures, breaker.snapshot().totals.slow), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn given_slow_failures_when_only_slowness_has_a_bound_then_it_opens_by_that() {
    let breaker = breaker(slow_settings().slow_call_rate(0.5).min_calls(2));
    fail_after(&breaker, SLOW).await;

    fail(&breaker).await.unwrap_err();

    assert_eq!(opened_by_slow(&breaker), Some((1, 2)), "the last failure was held against it");
}

#[tokio::test(start_paused = true)]
async fn given_a_slow_success_when_there_is_a_row_then_the_row_is_set_back() {
    let breaker = breaker(settings().slow_call(SECOND));
    fail(&breaker).await.unwrap_err();
    fail_after(&breaker, SLOW).await;
    assert_eq!(breaker.snapshot().consecutive_failures, 2);

    succeed_after(&breaker, SLOW).await;

    assert_eq!(breaker.snapshot().consecutive_failures, 0);
}

#[tokio::test(start_paused = true)]
async fn given_a_call_that_is_dropped_when_it_had_been_slow_then_it_is_a_slow_call_and_no_more() {
    let breaker = breaker(slow_settings().slow_call_rate(0.75));
    succeed(&breaker).await.unwrap();
    fail(&breaker).await.unwrap_err();

    cancel_after(&breaker, SLOW).await;
    assert_eq!(found(&breaker), (Some(0.5), Some(1.0 / 3.0), 1));
    assert_eq!(breaker.snapshot().consecutive_failures, 1, "the row is as it was");
    assert_eq!(breaker.snapshot().totals.cancelled, 1);

    for _ in 0..5 {
        cancel_after(&breaker, SLOW).await;
    }
    assert_eq!(opened_by_slow(&breaker), Some((6, 8)));
    assert_eq!(breaker.snapshot().totals.failures, 1);
}

#[tokio::test(start_paused = true)]
async fn given_a_call_that_is_dropped_when_it_was_not_slow_yet_then_it_is_nothing() {
    let breaker = breaker(slow_settings());

    cancel_after(&breaker, SECOND).await;
    drop(breaker.call(pending::<Result<(), &str>>));

    assert_eq!(found(&breaker), (None, None, 0));
    assert_eq!(breaker.snapshot().totals.cancelled, 1);
}

#[tokio::test(start_paused = true)]
async fn given_a_permit_when_it_is_held_for_long_then_it_knows() {
    let breaker = breaker(slow_settings().min_calls(3));
    succeed(&breaker).await.unwrap();
    let [ignored, dropped, failed, succeeded] =
        std::array::from_fn(|_| breaker.try_acquire().unwrap());
    advance(SLOW).await;

    ignored.ignore();
    drop(dropped);
    assert_eq!(breaker.snapshot().totals.slow, 0, "what says nothing says nothing");
    failed.failure();
    succeeded.success();

    assert_eq!(found(&breaker), (Some(1.0 / 3.0), Some(2.0 / 3.0), 2));
}

#[tokio::test(start_paused = true)]
async fn given_a_half_open_breaker_when_a_success_is_slow_then_it_reopens() {
    let breaker = due(settings().slow_call(SECOND).success_threshold(2)).await;
    succeed_after(&breaker, SECOND).await;
    assert_eq!(breaker.state(), State::HalfOpen, "one of two");

    succeed_after(&breaker, SLOW).await;

    let after = breaker.snapshot();
    assert_eq!((after.state, after.last_opening), (State::Open, Some(OpenReason::ProbeSlow)));
    assert_eq!((after.openings, after.remaining_open), (2, Some(RECOVERY)));
}

#[tokio::test(start_paused = true)]
async fn given_a_half_open_breaker_when_a_probe_is_dropped_then_it_reopens_if_it_was_slow() {
    let breaker = due(settings().slow_call(SECOND)).await;
    cancel_after(&breaker, SECOND).await;
    assert_eq!(breaker.state(), State::HalfOpen);

    cancel_after(&breaker, SLOW).await;

    let after = breaker.snapshot();
    assert_eq!((after.state, after.last_opening), (State::Open, Some(OpenReason::ProbeSlow)));
}

#[tokio::test(start_paused = true)]
async fn given_a_half_open_breaker_when_a_probe_is_slow_and_fails_then_it_has_failed() {
    let breaker = due(settings().slow_call(SECOND)).await;

    fail_after(&breaker, SLOW).await;

    assert_eq!(breaker.snapshot().last_opening, Some(OpenReason::ProbeFailed));
}

#[tokio::test(start_paused = true)]
async fn given_a_slow_probe_when_its_time_is_over_then_its_answer_is_late() {
    let breaker = due(settings().slow_call(SECOND).probe_timeout(2 * SECOND)).await;

    succeed_after(&breaker, 2 * SECOND).await;
    cancel_after(&breaker, 2 * SECOND).await;

    assert_eq!(breaker.state(), State::HalfOpen);
    assert_eq!(breaker.snapshot().totals.slow, 2, "it is in the totals");
}

#[tokio::test(start_paused = true)]
async fn given_a_slow_call_when_the_state_has_changed_since_it_began_then_only_totals_change() {
    let breaker = breaker(slow_settings().slow_call_rate(0.1));
    let call = Flight::begin(&breaker);
    breaker.reset();
    advance(SLOW).await;

    call.succeed().await;

    assert_eq!((breaker.state(), found(&breaker)), (State::Closed, (None, None, 1)));
}

#[tokio::test(start_paused = true)]
async fn given_response_times_off_when_a_call_is_slow_then_it_counts_and_no_time_is_kept() {
    let breaker = breaker(slow_settings().slow_call_rate(0.5).min_calls(2).response_times(false));
    succeed(&breaker).await.unwrap();
    assert_eq!(breaker.state(), State::Closed);

    succeed_after(&breaker, SLOW).await;

    assert_eq!(opened_by_slow(&breaker), Some((1, 2)));
    assert_eq!(breaker.snapshot().totals.slow, 1);
    assert_eq!(breaker.snapshot().response_times, None);
}

#[tokio::test(start_paused = true)]
async fn given_no_slow_call_when_calls_take_long_then_none_is_slow() {
    let breaker = breaker(settings().min_calls(1));

    succeed_after(&breaker, Duration::from_secs(86_400)).await;
    cancel_after(&breaker, Duration::from_secs(86_400)).await;

    assert_eq!(found(&breaker), (Some(0.0), None, 0));
}
