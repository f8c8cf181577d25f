//! How all breakers of a registry are together: health, alerts, recommendations and exports, through the
//! public interface and on a paused clock.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a helper of a test fails the test")]
#![allow(clippy::unchecked_time_subtraction, reason = "the times are constants of the tests")]

mod alerts;
mod bounds;
mod declared;
#[cfg(feature = "export")]
mod export;
mod keyed;
mod rates;
mod recommendations;
mod score;

use std::time::Duration;

use cb_runtime::{
    Alert, AlertKind, CallError, CircuitBreaker, Config, ConfigBuilder, Registry, Severity, State,
};
use tokio::time::advance;

const NANO: Duration = Duration::from_nanos(1);
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);

/// Two failures open, for half a minute; one success closes.
fn settings() -> ConfigBuilder {
    Config::builder().failure_threshold(2).recovery_timeout(30 * SECOND)
}

/// One that its counts do not open in a test of its figures.
fn patient() -> ConfigBuilder {
    Config::builder().failure_threshold(u32::MAX)
}

fn make(registry: &Registry, name: &str, settings: ConfigBuilder) -> CircuitBreaker {
    registry.register(name, settings.build().unwrap()).unwrap()
}

async fn succeed(breaker: &CircuitBreaker) {
    breaker.call(|| async { Ok::<_, &str>(()) }).await.unwrap();
}

async fn fail(breaker: &CircuitBreaker) {
    let answer = breaker.call(|| async { Err::<(), _>("refused") }).await;
    assert_eq!(answer, Err(CallError::Failed("refused")));
}

/// A call that takes its time and goes well.
async fn take(breaker: &CircuitBreaker, time: Duration) {
    let body = || async {
        tokio::time::sleep(time).await;
        Ok::<_, &str>(())
    };
    breaker.call(body).await.unwrap();
}

async fn open(breaker: &CircuitBreaker) {
    for _ in 0..breaker.config().failure_threshold() {
        fail(breaker).await;
    }
    assert_eq!(breaker.state(), State::Open);
}

/// Waits for the probe, which fails.
async fn reopen(breaker: &CircuitBreaker) {
    advance(breaker.snapshot().remaining_open.unwrap()).await;
    fail(breaker).await;
    assert_eq!(breaker.state(), State::Open);
}

/// Waits for the probe, which closes.
async fn recover(breaker: &CircuitBreaker) {
    advance(breaker.snapshot().remaining_open.unwrap()).await;
    succeed(breaker).await;
    assert_eq!(breaker.state(), State::Closed);
}

fn kinds(registry: &Registry) -> Vec<AlertKind> {
    registry.alerts().into_iter().map(|alert| alert.kind).collect()
}

fn find(registry: &Registry, kind: AlertKind) -> Option<Alert> {
    let mut found = registry.alerts().into_iter().filter(|alert| alert.kind == kind);
    let first = found.next();
    assert_eq!(found.next(), None, "there is one of a kind");
    first
}

fn text(registry: &Registry, kind: AlertKind) -> Option<String> {
    find(registry, kind).map(|alert| alert.text)
}

fn advice(registry: &Registry) -> Vec<String> {
    registry.recommendations().iter().map(ToString::to_string).collect()
}

/// Two times that were worked out at different moments of the wall clock, which the tests do not stop.
fn assert_near(one: std::time::SystemTime, other: std::time::SystemTime) {
    let apart = one.duration_since(other).unwrap_or_else(|error| error.duration());
    assert!(apart < Duration::from_secs(20), "{apart:?} apart");
}
