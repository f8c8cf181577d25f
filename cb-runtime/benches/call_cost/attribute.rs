//! Annotated functions.

use std::{error::Error, hint::black_box};

use cb_runtime::{CircuitError, State, circuit_breaker, registry};

use crate::{
    body::{ANSWER, Failed, answer},
    rows::{Aim, Row, on_runtime},
};

/// What the project means to reach.
const ASYNC: Aim = Aim::FetchAdds(1.5);
const ASYNC_UNTIMED: Aim = Aim::FetchAdds(1.0);
const PLAIN: Aim = Aim::FetchAdds(1.0);
const REJECTED: Aim = Aim::FetchAdds(1.0);

const STAND_IN: u64 = 2;

/// An error type with the breaker's own in it, as `thiserror` writes one. It is several words long, so
/// every move of a result costs more, with or without a breaker.
#[derive(Debug)]
enum Carrying {
    Failed,
    #[allow(dead_code, reason = "carried, and read by nobody here")]
    Unavailable(CircuitError),
}

impl From<Failed> for Carrying {
    fn from(Failed: Failed) -> Self {
        Self::Failed
    }
}

impl From<CircuitError> for Carrying {
    fn from(error: CircuitError) -> Self {
        Self::Unavailable(error)
    }
}

async fn body_carrying() -> Result<u64, Carrying> {
    Ok(answer()?)
}

#[circuit_breaker(name = "closed")]
async fn closed_async() -> Result<u64, Failed> {
    answer()
}

#[circuit_breaker(name = "closed-untimed", response_times = false)]
async fn closed_async_untimed() -> Result<u64, Failed> {
    answer()
}

#[circuit_breaker(name = "closed-fallback", fallback = stand_in)]
async fn closed_async_fallback() -> Result<u64, Failed> {
    answer()
}

#[circuit_breaker(name = "closed-carrying")]
async fn closed_async_carrying() -> Result<u64, Carrying> {
    Ok(answer()?)
}

#[circuit_breaker(name = "closed-plain")]
fn closed_plain() -> Result<u64, Failed> {
    answer()
}

#[circuit_breaker(name = "closed-plain-untimed", response_times = false)]
fn closed_plain_untimed() -> Result<u64, Failed> {
    answer()
}

#[circuit_breaker(name = "open", recovery_timeout = "1h")]
async fn open_async() -> Result<u64, Failed> {
    answer()
}

#[circuit_breaker(name = "open-fallback", recovery_timeout = "1h", fallback = stand_in)]
async fn open_async_fallback() -> Result<u64, Failed> {
    answer()
}

#[circuit_breaker(name = "open-carrying", recovery_timeout = "1h")]
async fn open_async_carrying() -> Result<u64, Carrying> {
    Ok(answer()?)
}

#[circuit_breaker(name = "open-plain", recovery_timeout = "1h")]
fn open_plain() -> Result<u64, Failed> {
    answer()
}

async fn stand_in() -> Result<u64, Failed> {
    if black_box(true) { Ok(STAND_IN) } else { Err(Failed) }
}

pub(crate) fn closed() -> Vec<Row> {
    let expected = Some(ANSWER);
    vec![
        Row::awaited("async fn", expected, closed_async, Result::ok).aim(ASYNC).shared(),
        Row::awaited("async fn, no response times", expected, closed_async_untimed, Result::ok)
            .aim(ASYNC_UNTIMED)
            .shared(),
        Row::awaited("async fn with a fallback", expected, closed_async_fallback, Result::ok)
            .aim(ASYNC),
        Row::awaited(
            "the body alone, with a large error type",
            expected,
            body_carrying,
            Result::ok,
        ),
        Row::awaited("async fn, the same error type", expected, closed_async_carrying, Result::ok),
        Row::blocking("fn", expected, closed_plain, Result::ok).aim(PLAIN).shared(),
        Row::blocking("fn, no response times", expected, closed_plain_untimed, Result::ok)
            .aim(PLAIN),
    ]
}

pub(crate) fn open() -> Result<Vec<Row>, Box<dyn Error>> {
    // A breaker is made by the first call of its function.
    on_runtime(async {
        let _ = open_async().await;
        let _ = open_async_fallback().await;
        let _ = open_async_carrying().await;
        let _ = open_plain();
    });
    for name in ["open", "open-fallback", "open-carrying", "open-plain"] {
        let breaker = registry().get(name).ok_or("an annotated function was called in vain")?;
        while breaker.state() == State::Closed {
            let _ = breaker.call_blocking(|| Err::<u64, _>(Failed));
        }
    }
    Ok(vec![
        Row::awaited("async fn", None, open_async, Result::ok).aim(REJECTED),
        Row::awaited("async fn with a fallback", Some(STAND_IN), open_async_fallback, Result::ok)
            .aim(REJECTED),
        Row::awaited(
            "async fn, error with a CircuitError in it",
            None,
            open_async_carrying,
            Result::ok,
        )
        .aim(REJECTED),
        Row::blocking("fn", None, open_plain, Result::ok).aim(REJECTED),
    ])
}
