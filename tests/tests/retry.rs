//! The waits between the attempts of a call, on the paused clock and for ten thousand seeds.

#![allow(clippy::expect_used, reason = "a helper of a test fails the test")]

use std::{cell::RefCell, time::Duration};

use cb_runtime::{CircuitError, circuit_breaker};
use tokio::time::Instant;

thread_local! {
    /// When each attempt of the call under way began.
    static BEGUN: RefCell<Vec<Instant>> = const { RefCell::new(Vec::new()) };
}

fn begin() -> Result<(), CircuitError> {
    BEGUN.with_borrow_mut(|begun| begun.push(Instant::now()));
    Err(cause())
}

/// Any error will do.
fn cause() -> CircuitError {
    let breaker = cb_runtime::CircuitBreaker::new("any", cb_runtime::Config::default());
    breaker.force_open();
    breaker.try_acquire().expect_err("it is forced open")
}

/// The waits between the attempts of the call that has ended.
fn waits() -> Vec<Duration> {
    let begun = BEGUN.take();
    begun.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

const MILLISECOND: Duration = Duration::from_millis(1);

#[circuit_breaker(
    name = "retry.jitter",
    failure_threshold = u32::MAX,
    retry(max_attempts = 6, delay = "40ms", factor = 2.5, max_delay = "400ms", jitter),
)]
async fn with_jitter() -> Result<(), CircuitError> {
    begin()
}

#[circuit_breaker(
    name = "retry.some_jitter",
    failure_threshold = u32::MAX,
    retry(max_attempts = 4, delay = "1s", factor = 1, max_delay = "1s", jitter = 0.25),
)]
async fn with_some_jitter() -> Result<(), CircuitError> {
    begin()
}

#[tokio::test(start_paused = true)]
async fn given_any_seed_when_a_call_is_tried_again_then_each_wait_is_within_its_bounds() {
    // Each wait without jitter: 40 ms × 2.5ⁿ, at most 400 ms.
    let least = [40, 100, 250, 400, 400].map(Duration::from_millis);
    let (mut shortest, mut longest) = (1.0_f64, 0.0_f64);
    for seed in 0..10_000 {
        fastrand::seed(seed);
        with_jitter().await.expect_err("it fails each time");
        let waits = waits();
        assert_eq!(waits.len(), least.len(), "seed {seed}: as many attempts as there may be");
        for (wait, least) in waits.iter().zip(least) {
            // The timer knows whole milliseconds, and is never early.
            let most = least * 2 + MILLISECOND;
            assert!((least..=most).contains(wait), "seed {seed}: {wait:?}, of {least:?}");
            let share = wait.as_secs_f64() / least.as_secs_f64() - 1.0;
            (shortest, longest) = (shortest.min(share), longest.max(share));
        }
    }
    assert!(shortest < 0.01 && longest > 0.99, "all of the range: {shortest} to {longest}");
}

#[tokio::test(start_paused = true)]
async fn given_a_share_of_jitter_when_a_call_is_tried_again_then_no_wait_is_longer_than_by_it() {
    let most = Duration::from_millis(1_251);
    let mut all = Vec::new();
    for seed in 0..1_000 {
        fastrand::seed(seed);
        with_some_jitter().await.expect_err("it fails each time");
        all.extend(waits());
    }
    assert_eq!(all.len(), 3_000);
    assert!(all.iter().all(|wait| (Duration::from_secs(1)..=most).contains(wait)));
    assert!(all.iter().any(|wait| *wait > Duration::from_millis(1_230)), "some are near it");
}

#[tokio::test(start_paused = true)]
async fn given_one_seed_twice_when_a_call_is_tried_again_then_its_waits_are_the_same() {
    let of_seed = async |seed| {
        fastrand::seed(seed);
        with_jitter().await.expect_err("it fails each time");
        waits()
    };
    let (one, again, other) = (of_seed(7).await, of_seed(7).await, of_seed(8).await);
    assert_eq!(one, again);
    assert_ne!(one, other, "or the seeds of these tests say nothing");
}
