//! Errors that say for how long to stay away.

use std::time::Duration;

use cb_runtime::{CallError, OpenReason, State, circuit_breaker, registry};

use crate::support::{Fault, counts, send, state, turn};

/// An error of a client for HTTP.
#[derive(Debug, thiserror::Error)]
enum HttpError {
    #[error("status {status}")]
    Status { status: u16, retry_after: Option<u64> },
    #[error(transparent)]
    Unavailable(#[from] cb_runtime::CircuitError),
}

impl HttpError {
    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { status: 429 | 503, retry_after } => retry_after.map(Duration::from_secs),
            _ => None,
        }
    }

    fn is_rejection(&self) -> bool {
        matches!(self, Self::Unavailable(error) if error.is_rejection())
    }
}

fn answer(status: u16, retry_after: Option<u64>) -> Result<u16, HttpError> {
    if status < 400 { Ok(status) } else { Err(HttpError::Status { status, retry_after }) }
}

#[circuit_breaker(
    name = "open_for.closure",
    open_for = |error| error.retry_after(),
)]
async fn by_closure(status: u16, retry_after: Option<u64>) -> Result<u16, HttpError> {
    turn().await;
    answer(status, retry_after)
}

#[circuit_breaker(
    name = "open_for.path",
    open_for = HttpError::retry_after,
    fallback = |_, _, cause| match cause {
        CallError::Failed(HttpError::Status { status, .. }) => Ok(status),
        _ => Ok(1),
    },
)]
fn by_path(status: u16, retry_after: Option<u64>) -> Result<u16, HttpError> {
    answer(status, retry_after)
}

/// Opened by an error's word, for its time and not for the `recovery_timeout` of a minute.
fn assert_stays_away(name: &str) {
    let seen = registry().get(name).unwrap().snapshot();
    assert_eq!(seen.last_opening, Some(OpenReason::StayAway));
    assert!(seen.remaining_open <= Some(Duration::from_secs(30)), "{:?}", seen.remaining_open);
}

#[tokio::test]
async fn a_time_opens() {
    assert_eq!(send(by_closure(200, None)).await.ok(), Some(200));
    assert!(by_closure(429, Some(30)).await.is_err_and(|error| !error.is_rejection()));
    assert!(by_closure(200, None).await.is_err_and(|error| error.is_rejection()));
    assert_eq!(state("open_for.closure"), State::Open);
    assert_eq!(counts("open_for.closure"), [1, 1, 0, 1, 0]);
    assert_stays_away("open_for.closure");
    assert_eq!(by_path(503, Some(30)).ok(), Some(503));
    assert_eq!(by_path(200, None).ok(), Some(1));
    assert_eq!(counts("open_for.path"), [0, 1, 0, 1, 2]);
    assert_stays_away("open_for.path");
}

#[circuit_breaker(
    name = "open_for.without_time",
    failure_threshold = 2,
    open_for = |error: &HttpError| error.retry_after(),
)]
fn without_time(status: u16, retry_after: Option<u64>) -> Result<u16, HttpError> {
    answer(status, retry_after)
}

#[test]
fn without_a_time_it_is_a_failure_like_any_other() {
    assert!(without_time(500, Some(30)).is_err());
    assert_eq!(state("open_for.without_time"), State::Closed);
    assert!(without_time(429, Some(0)).is_err());
    assert_eq!(state("open_for.without_time"), State::Open);
}

#[circuit_breaker(
    name = "open_for.judged",
    failure_threshold = 1,
    ignore_errors = HttpError::Status { status: 404, .. },
    record_errors = HttpError::Status { status: 429 | 500.., .. },
    open_for = |_| Some(Duration::MAX),
)]
async fn judged(status: u16) -> Result<u16, HttpError> {
    turn().await;
    answer(status, Some(1))
}

#[tokio::test]
async fn only_a_failure_is_asked() {
    assert!(send(judged(404)).await.is_err());
    assert!(judged(400).await.is_err());
    assert_eq!(counts("open_for.judged"), [1, 0, 1, 0, 0]);
    assert_eq!(state("open_for.judged"), State::Closed);
    assert!(judged(429).await.is_err());
    assert_eq!(state("open_for.judged"), State::Open);
}

struct Client {
    calls: u32,
    wait: Duration,
}

impl Client {
    #[circuit_breaker(
        name = "open_for.method",
        failure_if = |answer| !matches!(answer, Ok(200)),
        open_for = |error| error.retry_after().map(|time| time + Duration::from_secs(1)),
        fallback = Self::reserve,
    )]
    async fn method(&mut self, status: u16) -> Result<u16, HttpError> {
        self.calls += 1;
        turn().await;
        answer(status, Some(5))
    }

    #[circuit_breaker(
        name = "open_for.list",
        open_for = |_| Some(self.wait),
        fallback = [|_| answer(503, Some(9)), Self::nothing, |status| Ok(status)],
    )]
    async fn list(&self, status: u16) -> Result<u16, HttpError> {
        turn().await;
        answer(status, None)
    }

    #[circuit_breaker(
        name = "open_for.value",
        failure_if = Result::is_err,
        ignore_errors = Fault::NotFound,
        open_for = |_| None,
    )]
    fn value(&self, down: bool) -> Result<u32, Fault> {
        if down { Err(Fault::Down) } else { Err(Fault::NotFound) }
    }

    fn reserve(&mut self, _: u16) -> Result<u16, HttpError> {
        Ok(u16::try_from(self.calls).unwrap_or_default())
    }

    fn nothing(&self, _: u16) -> Result<u16, HttpError> {
        answer(if self.calls == 0 { 404 } else { 500 }, None)
    }
}

#[tokio::test]
async fn methods_values_and_lists() {
    let mut client = Client { calls: 0, wait: Duration::from_secs(3) };
    assert_eq!(send(client.list(500)).await.ok(), Some(500));
    assert_eq!(counts("open_for.list"), [0, 1, 0, 0, 1]);
    assert_eq!(send(client.method(200)).await.ok(), Some(200));
    assert_eq!(client.method(201).await.ok(), Some(2));
    assert_eq!(client.method(429).await.ok(), Some(3));
    assert_eq!(counts("open_for.method"), [1, 2, 0, 0, 2]);
    assert!(client.value(true).is_err() && client.value(false).is_err());
    assert_eq!(counts("open_for.value"), [0, 1, 1, 0, 0]);
}

#[circuit_breaker(name = "open_for.generic", failure_threshold = 1, open_for = |error| error.clone().into())]
fn generic<E>(error: E) -> Result<(), E>
where
    E: Clone + Into<Option<Duration>> + From<cb_runtime::CircuitError>,
{
    Err(error)
}

#[derive(Clone)]
struct Wait;

impl From<Wait> for Option<Duration> {
    fn from(_: Wait) -> Self {
        Some(Duration::from_secs(1))
    }
}

impl From<cb_runtime::CircuitError> for Wait {
    fn from(_: cb_runtime::CircuitError) -> Self {
        Self
    }
}

#[test]
fn an_error_without_text() {
    assert!(generic(Wait).is_err());
    assert_eq!(counts("open_for.generic"), [0, 1, 0, 0, 0]);
    assert_eq!(state("open_for.generic"), State::Open);
}
