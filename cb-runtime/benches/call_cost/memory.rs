//! How much memory a breaker takes.

use std::{error::Error, hint::black_box, sync::Arc, time::Duration};

use cb_runtime::{CircuitBreaker, Config, Window};

use crate::{
    body::{Failed, answer},
    peers,
};

/// So many are made that what a library allocates once for all is lost in the average.
const BREAKERS: u32 = 1000;

const NAME: &str = "orders";

/// How many calls a window holds.
const WINDOW: u32 = 100;

/// One breaker's memory, on average.
pub(crate) struct Bytes {
    pub(crate) label: &'static str,
    pub(crate) each: f64,
    pub(crate) aim: Option<f64>,
}

/// Of breakers that one thread has made a call through.
pub(crate) fn bytes_per_breaker() -> Result<Vec<Bytes>, Box<dyn Error>> {
    let config = Config::builder().build()?;
    let ours = || {
        let breaker = CircuitBreaker::new(NAME, config.clone());
        let _ = black_box(breaker.call_blocking(answer));
        breaker
    };
    let recloser = || {
        let recloser = peers::recloser();
        let _ = black_box(recloser.call(answer));
        recloser
    };
    let breaker = || {
        let breaker = peers::breaker();
        breaker.record_success();
        breaker
    };
    let failsafe = || {
        let failsafe = peers::failsafe();
        let _ = black_box(failsafe::CircuitBreaker::call(&failsafe, answer));
        failsafe
    };
    let failed = || {
        let breaker = ours();
        let _ = black_box(breaker.call_blocking(|| Err::<u64, _>(Failed)));
        breaker
    };
    let windowed = |window| -> Result<_, Box<dyn Error>> {
        let config = Config::builder().failure_rate(0.5).window(window).build()?;
        Ok(move || {
            let breaker = CircuitBreaker::new(NAME, config.clone());
            for call in 0..WINDOW {
                let failed = call % 4 == 0;
                let body = || if failed { Err(Failed) } else { answer() };
                let _ = black_box(breaker.call_blocking(body));
            }
            breaker
        })
    };
    let of_calls = windowed(Window::calls(WINDOW))?;
    let of_time = windowed(Window::time(Duration::from_secs(10)))?;
    Ok(vec![
        Bytes { aim: Some(512.0), ..annotated("ours, of an annotated function", ours) },
        annotated("after a failure", failed),
        annotated("with a window of 100 calls, some failed", of_calls),
        annotated("with a window of 10 s, some failed", of_time),
        bytes("ours, made by hand", ours),
        bytes("recloser 1.4", recloser),
        bytes("breaker 2.0", breaker),
        bytes("failsafe 1.3", failsafe),
        bytes("tower-resilience 0.14", peers::used_tower),
    ])
}

/// What a breaker takes where it lies, and what it owns besides.
fn bytes<B>(label: &'static str, make: impl Fn() -> B) -> Bytes {
    let in_place = u32::try_from(size_of::<B>()).unwrap_or(u32::MAX);
    Bytes { label, each: f64::from(in_place) + owned(make), aim: None }
}

/// An annotated function's name is a literal, and its handle lies in a static.
fn annotated(label: &'static str, make: impl Fn() -> CircuitBreaker) -> Bytes {
    let each = owned(make) - owned(|| Arc::<str>::from(NAME));
    Bytes { label, each, aim: None }
}

fn owned<B>(make: impl Fn() -> B) -> f64 {
    // The first may be the first of its kind in this thread.
    let mut kept = vec![make()];
    kept.reserve_exact(BREAKERS as usize);
    let counted = allocation_counter::measure(|| kept.extend((0..BREAKERS).map(|_| make())));
    drop(kept);
    f64::from(u32::try_from(counted.bytes_current).unwrap_or(u32::MAX)) / f64::from(BREAKERS)
}
