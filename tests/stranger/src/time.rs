//! Time limits, dropped calls and recovery, on tokio's paused clock.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::Poll,
    time::Duration,
};

use cb_runtime::{CallError, CircuitError, State, circuit_breaker};
use tokio::time::{Instant, advance, sleep, timeout};

use crate::support::{Fault, counts, send, state, totals, turn};

const SECOND: Duration = Duration::from_secs(1);

#[circuit_breaker(name = "time.limited", failure_threshold = 2, call_timeout = "250ms")]
async fn limited(length: Duration, token: std::sync::Arc<()>) -> Result<u32, Fault> {
    sleep(length).await;
    drop(token);
    Ok(1)
}

#[tokio::test(start_paused = true)]
async fn a_body_is_dropped_after_its_time() {
    let token = std::sync::Arc::new(());
    let start = Instant::now();
    assert_eq!(send(limited(Duration::from_millis(249), token.clone())).await.ok(), Some(1));
    let Err(Fault::Unavailable(error)) = limited(SECOND, token.clone()).await else {
        panic!("expected a timeout")
    };
    assert!(matches!(error, CircuitError::Timeout { limit, .. } if limit == SECOND / 4));
    assert_eq!(start.elapsed(), Duration::from_millis(499));
    assert_eq!(std::sync::Arc::strong_count(&token), 1);
    assert!(limited(SECOND, token.clone()).await.is_err_and(|fault| !fault.is_rejection()));
    assert!(limited(SECOND, token).await.is_err_and(|fault| fault.is_rejection()));
    assert_eq!(counts("time.limited"), [1, 2, 0, 1, 0]);
    assert_eq!(totals("time.limited").timeouts, 2);
}

#[circuit_breaker(name = "time.limited_busy", call_timeout = "250ms")]
async fn limited_busy() -> Result<u32, Fault> {
    loop {
        tokio::task::coop::consume_budget().await;
    }
}

/// What the future says when it is asked once.
async fn once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    poll_fn(|cx| Poll::Ready(Pin::new(&mut *future).poll(cx))).await
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_never_at_rest_is_dropped_too() {
    let mut call = Box::pin(limited_busy());
    assert!(once(&mut call).await.is_pending());
    advance(SECOND / 4).await;
    // It has used up all that tokio lets a task do in one go, and the limit is looked at all the same.
    let Poll::Ready(Err(Fault::Unavailable(error))) = once(&mut call).await else {
        panic!("expected a timeout")
    };
    assert!(matches!(error, CircuitError::Timeout { .. }));
    assert_eq!(totals("time.limited_busy").timeouts, 1);
}

const LIMIT: Duration = Duration::from_millis(100);

#[circuit_breaker(name = "time.limited_kept", call_timeout = LIMIT, fallback = |text, cause| {
    Ok(format!("{text}: {}", matches!(cause, CallError::TimedOut(_))))
})]
async fn limited_kept(text: String) -> Result<String, Fault> {
    sleep(SECOND).await;
    Ok(text)
}

#[circuit_breaker(
    name = "time.limited_value",
    call_timeout = LIMIT.saturating_mul(2),
    failure_if = |_| false,
    fallback = |n| n + 1,
)]
async fn limited_value(n: u32) -> u32 {
    sleep(SECOND).await;
    n
}

#[tokio::test(start_paused = true)]
async fn and_a_fallback_answers() {
    assert_eq!(send(limited_kept("a".into())).await.ok().as_deref(), Some("a: true"));
    assert_eq!(counts("time.limited_kept"), [0, 1, 0, 0, 1]);
    let start = Instant::now();
    assert_eq!(send(limited_value(1)).await, 2);
    assert_eq!(start.elapsed(), Duration::from_millis(200));
    assert_eq!(totals("time.limited_value").timeouts, 1);
}

#[circuit_breaker(name = "time.dropped")]
async fn dropped() -> Result<u32, Fault> {
    sleep(SECOND).await;
    Ok(1)
}

#[circuit_breaker(name = "time.dropped_ignored", cancelled = "ignore", call_timeout = "5s")]
async fn dropped_ignored() -> Result<u32, Fault> {
    sleep(SECOND).await;
    Ok(1)
}

#[circuit_breaker(name = "time.dropped_failed", cancelled = "failure", failure_threshold = 2)]
async fn dropped_failed() -> Result<u32, Fault> {
    sleep(SECOND).await;
    Ok(1)
}

#[tokio::test(start_paused = true)]
async fn a_call_that_its_caller_drops() {
    for _ in 0..2 {
        assert!(timeout(SECOND / 2, dropped()).await.is_err());
        assert!(timeout(SECOND / 2, dropped_ignored()).await.is_err());
        assert!(timeout(SECOND / 2, dropped_failed()).await.is_err());
    }
    drop(dropped_failed());
    assert_eq!((counts("time.dropped"), totals("time.dropped").cancelled), ([0; 5], 2));
    assert_eq!(totals("time.dropped_ignored").cancelled, 2);
    assert_eq!(counts("time.dropped_failed")[1], 2);
    assert_eq!(state("time.dropped_failed"), State::Open);
    assert_eq!(state("time.dropped"), State::Closed);
    assert!(dropped_failed().await.is_err_and(|fault| fault.is_rejection()));
}

#[circuit_breaker(
    name = "time.recovery",
    failure_threshold = 1,
    recovery_timeout = "1m 30s",
    success_threshold = 2,
    half_open_max_calls = 1,
    probe_timeout = "20s"
)]
async fn recovers(down: bool) -> Result<u32, Fault> {
    turn().await;
    if down { Err(Fault::Down) } else { Ok(1) }
}

#[tokio::test(start_paused = true)]
async fn recovery_by_the_attributes_settings() {
    assert!(send(recovers(true)).await.is_err());
    advance(SECOND * 89).await;
    assert_eq!(state("time.recovery"), State::Open);
    assert!(recovers(false).await.is_err_and(|fault| fault.is_rejection()));
    advance(SECOND).await;
    assert_eq!(state("time.recovery"), State::HalfOpen);
    assert!(recovers(false).await.is_ok());
    assert_eq!(state("time.recovery"), State::HalfOpen);
    assert!(recovers(false).await.is_ok());
    assert_eq!(state("time.recovery"), State::Closed);
}
