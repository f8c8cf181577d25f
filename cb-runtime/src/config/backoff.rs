//! How the open time grows while a service does not come back.

use std::time::Duration;

/// Each opening in a row without a close in between waits longer than the one before: the n-th one
/// `recovery_timeout` × `factor`ⁿ⁻¹, at most `max`.
///
/// ```
/// use std::time::Duration;
/// use cb_runtime::{Backoff, Config};
///
/// // Open for 5 s, 10 s, 20 s, 40 s, 60 s, 60 s, …, each up to a tenth shorter or longer.
/// let config = Config::builder()
///     .recovery_timeout(Duration::from_secs(5))
///     .backoff(Backoff::new(2.0, Duration::from_secs(60)).jitter(0.1))
///     .build()?;
/// # Ok::<(), cb_runtime::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Backoff {
    /// By how much each open time is longer than the one before. Finite and at least 1; with 1 all
    /// are as long as the first.
    pub factor: f64,
    /// The longest open time. Above zero.
    pub max: Duration,
    /// The share of the open time by which it is made shorter or longer at random, so that many
    /// programs do not probe one service at the same moment. 0 to 1; 0 unless given.
    pub jitter: f64,
}

impl Backoff {
    /// Open times that grow by `factor`, finite and at least 1, up to `max`, above zero. Without
    /// jitter.
    pub const fn new(factor: f64, max: Duration) -> Self {
        Self { factor, max, jitter: 0.0 }
    }

    /// The same with open times up to this share shorter or longer, 0 to 1.
    #[must_use]
    pub const fn jitter(mut self, jitter: f64) -> Self {
        self.jitter = jitter;
        self
    }
}
