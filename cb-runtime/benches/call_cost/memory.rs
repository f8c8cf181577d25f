//! How much memory a breaker takes.

use std::{error::Error, hint::black_box};

use cb_runtime::{CircuitBreaker, Config};

use crate::{body::answer, peers};

/// So many are made that what a library allocates once for all is lost in the average.
const BREAKERS: u32 = 1000;

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
        let breaker = CircuitBreaker::new("orders", config.clone());
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
    Ok(vec![
        Bytes { aim: Some(512.0), ..bytes("ours", ours) },
        bytes("recloser 1.4", recloser),
        bytes("breaker 2.0", breaker),
        bytes("failsafe 1.3", failsafe),
        bytes("tower-resilience 0.14", peers::used_tower),
    ])
}

/// What the breakers take where they lie, and what they own besides.
fn bytes<B>(label: &'static str, make: impl Fn() -> B) -> Bytes {
    // The first may be the first of its kind in this thread.
    drop(make());
    let mut kept = Vec::new();
    let counted = allocation_counter::measure(|| kept = (0..BREAKERS).map(|_| make()).collect());
    drop(kept);
    let total = u32::try_from(counted.bytes_current).unwrap_or(u32::MAX);
    Bytes { label, each: f64::from(total) / f64::from(BREAKERS), aim: None }
}
