//! What a call through a breaker takes.

use std::{
    fmt,
    time::{Duration, Instant},
};

use cb_runtime::CircuitBreaker;

/// How long calls took, in nanoseconds; the two clock reads around each included.
pub(crate) struct Felt(Vec<u32>);

/// Makes calls in small batches, with pauses between them: a program that is not idle, and not busy.
pub(crate) fn measure(breaker: &CircuitBreaker, time: Duration) -> Felt {
    let (start, mut took) = (Instant::now(), Vec::new());
    while start.elapsed() < time {
        for _ in 0..100 {
            let begin = Instant::now();
            let _ = breaker.call_blocking(|| Ok::<_, ()>(()));
            took.push(u32::try_from(begin.elapsed().as_nanos()).unwrap_or(u32::MAX));
        }
        // A program that did nothing but call would measure how the processors are shared.
        std::thread::sleep(Duration::from_millis(1));
    }
    took.sort_unstable();
    Felt(took)
}

impl fmt::Display for Felt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for per_mille in [500, 990, 999] {
            let at = self.0.len() * per_mille / 1_000;
            write!(f, "{:>8}", self.0.get(at).copied().unwrap_or_default())?;
        }
        Ok(())
    }
}
