//! The end of the open time on the real clock.
//!
//! Run with `-p cb-runtime`, tokio's clock cannot be paused, and a timer of the library's own ends the
//! open time. On a paused clock, which is what the tests in the member `tests` have, it is never
//! started.

use std::{
    thread,
    time::{Duration, Instant},
};

use cb_runtime::{CircuitBreaker, CircuitError, Config, State};

/// Longer than what the timer is early by.
const RECOVERY: Duration = Duration::from_millis(150);

fn opened() -> CircuitBreaker {
    let config = Config::builder().failure_threshold(1).recovery_timeout(RECOVERY).build();
    let breaker = CircuitBreaker::new("orders", config.unwrap_or_default());
    fail(&breaker);
    breaker
}

fn fail(breaker: &CircuitBreaker) {
    let answer = breaker.call_blocking(|| Err::<(), _>("refused"));
    assert!(answer.is_err());
}

/// Asks again and again, as callers do, until the breaker lets one pass.
fn wait_for_probe(breaker: &CircuitBreaker) {
    loop {
        match breaker.try_acquire() {
            Ok(permit) => return permit.ignore(),
            Err(error) => assert!(matches!(error, CircuitError::Open { .. }), "{error:?}"),
        }
        thread::yield_now();
    }
}

#[test]
fn given_an_open_breaker_when_the_time_is_over_then_a_probe_passes_and_none_before() {
    let before = Instant::now();
    let breaker = opened();

    wait_for_probe(&breaker);

    assert!(before.elapsed() >= RECOVERY);
    assert_eq!(breaker.state(), State::HalfOpen);
}

#[test]
fn given_a_state_that_is_half_open_when_it_has_been_read_then_the_next_call_is_the_probe() {
    let config = Config::builder().failure_threshold(1).recovery_timeout(Duration::from_millis(1));
    for _ in 0..100 {
        let breaker = CircuitBreaker::new("orders", config.build().unwrap_or_default());
        fail(&breaker);
        while breaker.state() != State::HalfOpen {
            thread::yield_now();
        }
        assert!(breaker.try_acquire().is_ok());
    }
}

#[test]
fn given_a_rejection_when_a_caller_has_waited_as_long_as_it_says_then_that_caller_is_the_probe() {
    let config = Config::builder().failure_threshold(1).recovery_timeout(Duration::from_millis(5));
    for _ in 0..100 {
        let breaker = CircuitBreaker::new("orders", config.build().unwrap_or_default());
        fail(&breaker);
        if let Err(rejection) = breaker.try_acquire() {
            thread::sleep(rejection.retry_after().unwrap_or_default());
            assert!(breaker.try_acquire().is_ok());
        }
    }
}

#[test]
fn given_openings_one_after_another_when_each_is_over_then_each_lets_its_probe_pass() {
    let breaker = opened();

    for _ in 0..3 {
        wait_for_probe(&breaker);
        let reopened = Instant::now();
        fail(&breaker);
        wait_for_probe(&breaker);
        assert!(reopened.elapsed() >= RECOVERY);
    }
}

#[test]
fn given_many_breakers_when_they_open_in_any_order_then_each_lets_its_probe_pass() {
    let breakers: Vec<_> = (0..50).map(|_| opened()).collect();

    for breaker in &breakers {
        wait_for_probe(breaker);
    }

    assert!(breakers.iter().all(|breaker| breaker.state() == State::HalfOpen));
}

#[test]
fn given_an_open_breaker_when_it_is_dropped_then_the_others_are_still_woken() {
    let breaker = opened();
    drop(opened());
    let later = opened();

    wait_for_probe(&breaker);
    wait_for_probe(&later);

    assert_eq!(later.state(), State::HalfOpen);
}
