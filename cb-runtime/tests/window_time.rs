//! Windows of time, and `reset_timeout`, on the real clock.
//!
//! Run with `-p cb-runtime`, tokio's clock cannot be paused, and calls are not asked when they are: a
//! timer of the library's own tells one slice of a window from the next. On a paused clock, which is
//! what the tests in the member `tests` have, every call is asked.

use std::{
    thread,
    time::{Duration, Instant},
};

use cb_runtime::{CircuitBreaker, Config, ConfigBuilder, Window};

const SHORT: Duration = Duration::from_millis(160);
const LONG: Duration = Duration::from_secs(3600);

fn breaker(window: Duration) -> CircuitBreaker {
    by(Config::builder().window(Window::time(window)))
}

fn by(settings: ConfigBuilder) -> CircuitBreaker {
    let config = settings.failure_threshold(u32::MAX).min_calls(1).build();
    CircuitBreaker::new("orders", config.unwrap_or_default())
}

fn succeed(breaker: &CircuitBreaker) {
    assert_eq!(breaker.call_blocking(|| Ok::<_, ()>(1)), Ok(1));
}

fn fail(breaker: &CircuitBreaker) {
    assert!(breaker.call_blocking(|| Err::<(), _>("refused")).is_err());
}

#[test]
fn given_a_long_window_when_calls_pass_unasked_then_each_is_in_it() {
    let breaker = breaker(LONG);

    for _ in 0..9_999 {
        succeed(&breaker);
    }
    fail(&breaker);

    assert_eq!(breaker.snapshot().failure_rate, Some(1.0 / 10_000.0));
}

#[test]
fn given_threads_when_their_calls_pass_unasked_then_each_is_in_the_window() {
    let breaker = breaker(LONG);

    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..2500).for_each(|_| succeed(&breaker)));
        }
    });
    fail(&breaker);

    assert_eq!(breaker.snapshot().failure_rate, Some(1.0 / 10_001.0));
}

#[test]
fn given_a_failure_when_its_time_in_the_window_is_over_then_it_leaves_and_not_before() {
    let breaker = breaker(SHORT);
    let before = Instant::now();
    fail(&breaker);

    loop {
        succeed(&breaker);
        if breaker.snapshot().failure_rate == Some(0.0) {
            break;
        }
        thread::yield_now();
    }

    assert!(before.elapsed() >= SHORT);
}

#[test]
fn given_successes_when_their_time_in_the_window_is_over_then_they_leave_and_not_before() {
    let breaker = breaker(SHORT);
    let before = Instant::now();
    succeed(&breaker);

    loop {
        fail(&breaker);
        if breaker.snapshot().failure_rate == Some(1.0) {
            break;
        }
        thread::yield_now();
    }

    assert!(before.elapsed() >= SHORT);
}

#[test]
fn given_a_row_when_no_call_comes_for_the_reset_timeout_then_it_is_forgotten_and_not_before() {
    let breaker = by(Config::builder().reset_timeout(SHORT));
    fail(&breaker);
    let before = Instant::now();
    fail(&breaker);
    assert!(breaker.snapshot().consecutive_failures > 0 || before.elapsed() >= SHORT);

    while breaker.snapshot().consecutive_failures > 0 {
        thread::yield_now();
    }

    assert!(before.elapsed() >= SHORT);
}
