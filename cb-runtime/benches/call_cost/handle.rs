//! This crate's breakers, made and called by hand. They have names that are counted as they are cloned,
//! so an error that carries one costs two locked instructions.

use std::{error::Error, time::Duration};

use cb_runtime::{CallError, CircuitBreaker, CircuitError, Config, State};

use crate::{
    body::{ANSWER, Failed, answer, answer_later},
    rows::Row,
};

type Called = Result<u64, CallError<Failed>>;

pub(crate) fn closed() -> Result<Vec<Row>, Box<dyn Error>> {
    let timed = closed_breaker(true)?;
    let untimed = closed_breaker(false)?;
    let blocking = closed_breaker(false)?;
    let blocking_timed = closed_breaker(true)?;
    let acquired = closed_breaker(false)?;
    let expected = Some(ANSWER);
    Ok(vec![
        Row::awaited("call", expected, move || timed.call(answer_later), Called::ok).shared(),
        Row::awaited(
            "call, no response times",
            expected,
            move || untimed.call(answer_later),
            Called::ok,
        )
        .shared(),
        Row::blocking(
            "call_blocking",
            expected,
            move || blocking_timed.call_blocking(answer),
            Called::ok,
        )
        .shared(),
        Row::blocking(
            "call_blocking, no response times",
            expected,
            move || blocking.call_blocking(answer),
            Called::ok,
        ),
        Row::blocking(
            "try_acquire and success, no response times",
            expected,
            move || by_permit(acquired),
            Result::ok,
        ),
    ])
}

pub(crate) fn open() -> Result<Vec<Row>, Box<dyn Error>> {
    let breaker = open_breaker()?;
    Ok(vec![
        Row::awaited("call", None, move || breaker.call(answer_later), Called::ok),
        Row::blocking("call_blocking", None, move || breaker.call_blocking(answer), Called::ok),
        Row::blocking("try_acquire", None, move || by_permit(breaker), Result::ok),
    ])
}

#[inline]
fn by_permit(breaker: &CircuitBreaker) -> Result<u64, CircuitError> {
    let permit = breaker.try_acquire()?;
    let answer = answer().unwrap_or_default();
    permit.success();
    Ok(answer)
}

/// Kept for as long as the program runs, as an annotated function's is.
pub(crate) fn closed_breaker(
    response_times: bool,
) -> Result<&'static CircuitBreaker, Box<dyn Error>> {
    let config = Config::builder().response_times(response_times).build()?;
    Ok(Box::leak(Box::new(CircuitBreaker::new("closed", config))))
}

pub(crate) fn open_breaker() -> Result<&'static CircuitBreaker, Box<dyn Error>> {
    // Longer than a run takes.
    let config = Config::builder().recovery_timeout(Duration::from_secs(3600)).build()?;
    let breaker = Box::leak(Box::new(CircuitBreaker::new("open", config)));
    while breaker.state() == State::Closed {
        let _ = breaker.call_blocking(|| Err::<u64, _>(Failed));
    }
    Ok(breaker)
}
