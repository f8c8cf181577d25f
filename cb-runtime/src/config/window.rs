//! What failure rates and slow call rates are taken over.

use std::time::Duration;

/// The calls over which a breaker takes its rates: the last so many, or those of the last so long.
///
/// ```
/// use std::time::Duration;
/// use cb_runtime::{Config, Window};
///
/// let config = Config::builder()
///     .failure_rate(0.5)
///     .window(Window::time(Duration::from_secs(10)))
///     .build()?;
/// assert_eq!(config.window(), Window::Time(Duration::from_secs(10)));
/// # Ok::<(), cb_runtime::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// The last so many calls, 1 to 1 000 000.
    Calls(u32),
    /// The calls that ended in the last so long, a millisecond or more.
    Time(Duration),
}

impl Window {
    /// The most calls that a window may hold: each takes room in memory.
    pub(crate) const MOST_CALLS: u32 = 1_000_000;

    /// The shortest time of a window: less than the clock can tell apart in slices is none.
    pub(crate) const LEAST_TIME: Duration = Duration::from_millis(1);

    /// The last `calls` calls. 1 to 1 000 000.
    pub const fn calls(calls: u32) -> Self {
        Self::Calls(calls)
    }

    /// The calls that ended in the last `time`. A millisecond or more.
    pub const fn time(time: Duration) -> Self {
        Self::Time(time)
    }
}
