//! Failure rates over windows of calls and of time.

use std::collections::VecDeque;

use cb_runtime::{Mode, OpenReason, Window};
use tokio::time::Instant;

use super::*;

/// Opens by the share of failures alone.
fn by_rate(failure_rate: f64, window: Window) -> ConfigBuilder {
    settings().failure_threshold(u32::MAX).failure_rate(failure_rate).window(window)
}

/// Never opens, and tells its failure rate from the first call on.
fn watching(window: Window) -> CircuitBreaker {
    breaker(settings().failure_threshold(u32::MAX).window(window).min_calls(1))
}

async fn make(breaker: &CircuitBreaker, successes: u32, failures: u32) {
    for _ in 0..successes {
        assert_eq!(succeed(breaker).await, Ok(()));
    }
    for _ in 0..failures {
        assert_eq!(fail(breaker).await, FAILED);
    }
}

fn failure_rate(breaker: &CircuitBreaker) -> Option<f64> {
    breaker.snapshot().failure_rate
}

#[tokio::test(start_paused = true)]
async fn given_ten_thousand_successes_when_the_last_ten_calls_fail_by_half_then_it_opens() {
    let breaker = breaker(by_rate(0.5, Window::calls(10)));
    make(&breaker, 10_000, 4).await;
    assert_eq!((breaker.state(), failure_rate(&breaker)), (State::Closed, Some(0.4)));

    make(&breaker, 0, 1).await;

    assert_eq!(breaker.state(), State::Open);
    let reason = breaker.snapshot().last_opening;
    assert!(matches!(reason, Some(OpenReason::FailureRate { failures: 5, calls: 10, .. })));
    assert_eq!(rejection(&breaker).await.retry_after(), Some(RECOVERY));
}

#[tokio::test(start_paused = true)]
async fn given_too_few_calls_when_all_fail_then_no_rate_is_judged() {
    for (settings, least) in [
        (by_rate(0.5, Window::calls(100)), 10),
        (by_rate(0.5, Window::calls(100)).min_calls(37), 37),
        (by_rate(0.5, Window::calls(7)), 7),
        (by_rate(0.5, Window::time(SECOND)).min_calls(3), 3),
        (by_rate(0.5, Window::calls(1)), 1),
    ] {
        let breaker = breaker(settings);

        make(&breaker, 0, least - 1).await;
        breaker.try_acquire().unwrap().ignore();
        drop(hang(&breaker));
        assert_eq!((breaker.state(), failure_rate(&breaker)), (State::Closed, None));
        make(&breaker, 0, 1).await;

        assert_eq!(breaker.state(), State::Open, "at {least}");
    }
}

#[tokio::test(start_paused = true)]
async fn given_a_rate_when_it_is_reached_and_not_passed_then_it_opens() {
    for (rate, failures, window) in
        [(0.5, 5, 10), (0.1, 1, 10), (0.3, 3, 10), (0.07, 7, 100), (0.29, 29, 100), (1.0, 9, 9)]
    {
        let breaker = breaker(by_rate(rate, Window::calls(window)).min_calls(window));
        make(&breaker, window - failures, failures - 1).await;
        assert_eq!(breaker.state(), State::Closed, "one call short of {window}");

        make(&breaker, 0, 1).await;

        assert_eq!(breaker.state(), State::Open, "{failures} of {window}");
    }
}

#[tokio::test(start_paused = true)]
async fn given_a_rate_one_failure_below_the_bound_when_the_window_is_full_then_it_is_closed() {
    let breaker = breaker(by_rate(0.3, Window::calls(10)));

    make(&breaker, 100, 2).await;
    make(&breaker, 8, 2).await;
    assert_eq!((breaker.state(), failure_rate(&breaker)), (State::Closed, Some(0.2)));
    make(&breaker, 0, 1).await;

    assert_eq!(breaker.state(), State::Open);
}

#[tokio::test(start_paused = true)]
async fn given_a_window_of_calls_when_calls_end_at_random_then_it_holds_the_last_so_many() {
    let mut dice = Dice(1);
    for size in [1, 2, 7, 100] {
        let breaker = watching(Window::calls(size));
        let mut last = VecDeque::new();
        for call in 0..2000 {
            match dice.throw(6) {
                0 | 1 => {
                    make(&breaker, 0, 1).await;
                    last.push_back(true);
                }
                2 => breaker.try_acquire().unwrap().ignore(),
                3 => Flight::begin(&breaker).cancel(),
                _ => {
                    make(&breaker, 1, 0).await;
                    last.push_back(false);
                }
            }
            if last.len() > size as usize {
                last.pop_front();
            }
            assert_eq!(failure_rate(&breaker), share(last.iter().copied()), "call {call}");
        }
    }
}

/// The share of failures.
fn share(failed: impl Iterator<Item = bool> + Clone) -> Option<f64> {
    let failures = u32::try_from(failed.clone().filter(|failed| *failed).count()).unwrap();
    let calls = u32::try_from(failed.count()).unwrap();
    (calls > 0).then(|| f64::from(failures) / f64::from(calls))
}

#[tokio::test(start_paused = true)]
async fn given_a_plain_success_when_the_rate_is_over_its_bound_then_it_does_not_open() {
    let breaker = breaker(by_rate(0.5, Window::calls(4)));
    make(&breaker, 0, 3).await;

    make(&breaker, 1, 0).await;

    assert_eq!((breaker.state(), failure_rate(&breaker)), (State::Closed, Some(0.75)));
    make(&breaker, 0, 1).await;
    assert_eq!(breaker.state(), State::Open, "the failure after it does");
}

#[tokio::test(start_paused = true)]
async fn given_ignored_and_cancelled_calls_when_the_rate_is_taken_then_they_are_not_in_it() {
    for window in [Window::calls(4), Window::time(SECOND)] {
        let breaker = watching(window);
        make(&breaker, 1, 1).await;

        for _ in 0..10 {
            breaker.try_acquire().unwrap().ignore();
            drop(breaker.try_acquire().unwrap());
            Flight::begin(&breaker).cancel();
            drop(breaker.call(pending::<Result<(), &str>>));
        }

        assert_eq!(failure_rate(&breaker), Some(0.5));
    }
}

#[tokio::test(start_paused = true)]
async fn given_a_full_window_when_the_state_changes_then_it_is_empty() {
    for window in [Window::calls(10), Window::time(Duration::MAX)] {
        let breaker = breaker(by_rate(0.5, window).min_calls(2));
        make(&breaker, 1, 1).await;
        assert_eq!(failure_rate(&breaker), None, "open");
        advance(RECOVERY).await;
        assert_eq!(failure_rate(&breaker), None, "half-open");
        make(&breaker, 1, 0).await;
        assert_eq!((breaker.state(), failure_rate(&breaker)), (State::Closed, None), "closed");

        make(&breaker, 0, 1).await;
        assert_eq!(breaker.state(), State::Closed, "one call of two");
    }
}

#[tokio::test(start_paused = true)]
async fn given_a_window_when_the_breaker_is_reset_then_it_is_empty_and_calls_in_flight_stay_out() {
    for window in [Window::calls(10), Window::time(Duration::MAX)] {
        let breaker = watching(window);
        make(&breaker, 3, 1).await;
        let (one, other) = (Flight::begin(&breaker), Flight::begin(&breaker));
        assert_eq!(failure_rate(&breaker), Some(0.25));

        breaker.reset();

        assert_eq!(failure_rate(&breaker), None);
        one.fail().await;
        other.succeed().await;
        assert_eq!(failure_rate(&breaker), None);
        make(&breaker, 1, 0).await;
        assert_eq!(failure_rate(&breaker), Some(0.0));
    }
}

#[tokio::test(start_paused = true)]
async fn given_a_row_and_a_window_when_it_is_forced_open_or_disabled_then_both_are_kept() {
    type Set = fn(&CircuitBreaker);
    let ways: [(Set, Set); 4] = [
        (CircuitBreaker::force_open, CircuitBreaker::resume),
        (CircuitBreaker::disable, CircuitBreaker::resume),
        (|breaker| breaker.force_open_for(SECOND), |_| {}),
        (|breaker| breaker.disable_for(SECOND), |_| {}),
    ];
    for (begin, end) in ways {
        let breaker = watching(Window::calls(10));
        make(&breaker, 2, 2).await;
        begin(&breaker);
        fail(&breaker).await.unwrap_err();
        advance(SECOND).await;
        end(&breaker);

        let after = breaker.snapshot();
        assert_eq!((after.mode, after.state), (Mode::Normal, State::Closed));
        assert_eq!((after.consecutive_failures, after.failure_rate), (2, Some(0.5)));
        make(&breaker, 0, 1).await;
        let after = breaker.snapshot();
        assert_eq!((after.consecutive_failures, after.failure_rate), (3, Some(0.6)));
    }
}

#[tokio::test(start_paused = true)]
async fn given_a_row_and_a_window_when_metrics_only_begins_and_ends_then_both_are_empty() {
    let found = |breaker: &CircuitBreaker| {
        let now = breaker.snapshot();
        (now.consecutive_failures, now.failure_rate)
    };
    for by_itself in [false, true] {
        let breaker = watching(Window::calls(10));
        make(&breaker, 0, 2).await;
        breaker.metrics_only_for(SECOND);
        assert_eq!(found(&breaker), (0, None), "at the start");
        make(&breaker, 0, 1).await;
        assert_eq!(found(&breaker), (1, Some(1.0)));

        if by_itself {
            advance(SECOND).await;
        } else {
            breaker.resume();
        }

        assert_eq!(found(&breaker), (0, None), "at the end, by itself: {by_itself}");
        make(&breaker, 0, 1).await;
        assert_eq!(found(&breaker), (1, Some(1.0)));
    }
}

#[tokio::test(start_paused = true)]
async fn given_a_default_breaker_when_ten_calls_have_ended_then_its_failure_rate_is_known() {
    let breaker = CircuitBreaker::new("orders", Config::default());
    make(&breaker, 6, 3).await;
    assert_eq!(failure_rate(&breaker), None, "nine calls");

    make(&breaker, 1, 0).await;
    assert_eq!(failure_rate(&breaker), Some(0.3));
    assert_eq!(breaker.snapshot().slow_call_rate, None, "no call is slow here");

    make(&breaker, 90, 0).await;
    assert_eq!(failure_rate(&breaker), Some(0.03));
    make(&breaker, 1000, 0).await;
    assert_eq!(failure_rate(&breaker), Some(0.0));
}

#[tokio::test(start_paused = true)]
async fn given_a_window_of_time_when_calls_grow_old_then_they_count_no_more() {
    let breaker = breaker(by_rate(0.5, Window::time(16 * SECOND)).min_calls(4));
    make(&breaker, 0, 3).await;
    advance(16 * SECOND - NANO).await;
    make(&breaker, 1, 0).await;
    assert_eq!(failure_rate(&breaker), Some(0.75), "just within");

    advance(SECOND + NANO).await;
    assert_eq!(failure_rate(&breaker), None, "a slice later, for a reader");
    make(&breaker, 1, 2).await;

    assert_eq!(breaker.state(), State::Open, "two failures of four calls");
    let reason = breaker.snapshot().last_opening;
    assert!(matches!(reason, Some(OpenReason::FailureRate { failures: 2, calls: 4, .. })));
}

#[tokio::test(start_paused = true)]
async fn given_a_window_of_time_when_calls_end_at_random_then_it_agrees_with_a_list_within_a_slice()
{
    let mut dice = Dice(2);
    for window in [Duration::from_millis(1), SECOND, Duration::from_secs(3600 * 24 * 365)] {
        let breaker = watching(Window::time(window));
        let slice = window / 16;
        // Ages are the clock's, from when the call ended.
        let mut ended: Vec<(Instant, bool)> = Vec::new();
        for step in 0..3000 {
            let wait = match dice.throw(100) {
                0 => 2 * window,
                1..=30 => Duration::ZERO,
                _ => window.mul_f64(0.0001) * u32::try_from(dice.throw(500)).unwrap(),
            };
            advance(wait).await;
            if dice.throw(4) > 0 {
                let failed = dice.throw(3) == 0;
                make(&breaker, u32::from(!failed), u32::from(failed)).await;
                ended.push((Instant::now(), failed));
            }
            let age = |(at, _): &(Instant, bool)| at.elapsed();
            let oldest_in = ended.partition_point(|call| age(call) > window);
            let oldest_late = ended.partition_point(|call| age(call) > window + slice + NANO);
            let mut allowed = (oldest_late..=oldest_in)
                .map(|first| share(ended.iter().skip(first).map(|(_, failed)| *failed)));

            let rate = failure_rate(&breaker);

            assert!(allowed.any(|share| share == rate), "{rate:?} at step {step} of {window:?}");
        }
    }
}
