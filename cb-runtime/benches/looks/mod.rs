//! Registries to be looked at, and how long a look takes.

use std::{
    error::Error,
    time::{Duration, Instant},
};

use cb_runtime::{Config, Permit, Registry};

pub(crate) const ROUNDS: usize = 21;

/// So many breakers that have had calls, a tenth of them open, each with as many events in its history as
/// `resets` says by its number.
pub(crate) fn registry(
    breakers: u32,
    resets: impl Fn(u32) -> u32,
) -> Result<Registry, Box<dyn Error>> {
    let registry = Registry::new();
    let config =
        Config::builder().failure_threshold(2).slow_call(Duration::from_secs(1)).build()?;
    for number in 0..breakers {
        let breaker = registry.get_or_register(format!("service/{number}"), config.clone())?;
        for _ in 0..30 {
            breaker.try_acquire()?.success();
        }
        (0..resets(number)).for_each(|_| breaker.reset());
        if number % 10 == 0 {
            (0..2).try_for_each(|_| breaker.try_acquire().map(Permit::failure))?;
        }
    }
    Ok(registry)
}

/// The median of [`ROUNDS`] looks.
pub(crate) fn median(look: impl Fn()) -> Duration {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            look();
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[ROUNDS / 2]
}
