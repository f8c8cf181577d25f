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

/// A constant that the attribute was given for a `window`, of a type that only the compiler knows.
///
/// Each type that will do has a constant method of its own. Any other has that of [`NoWindow`], which
/// asks for what it has not, so that the compiler says so in this crate's words.
#[derive(Debug)]
pub struct WindowOf<T>(pub T);

impl WindowOf<u32> {
    /// So many calls.
    pub const fn window(self) -> Window {
        Window::Calls(self.0)
    }
}

impl WindowOf<Duration> {
    /// A time.
    pub const fn window(self) -> Window {
        Window::Time(self.0)
    }
}

impl WindowOf<Window> {
    /// The window itself.
    pub const fn window(self) -> Window {
        self.0
    }
}

/// A type that a `window` can be made of, and that there is none of besides those above.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` is no window",
    label = "expected a `u32`, a `Duration` or a `Window`, found `{Self}`",
    note = "a window is a number of calls of type `u32`, a time of type `Duration`, or a `cb_runtime::Window`, which is the one or the other"
)]
pub trait IsWindow {}

/// What is called of a type that is no window.
pub trait NoWindow<T> {
    /// Never called.
    fn window(self) -> Window
    where
        T: IsWindow;
}

impl<T> NoWindow<T> for WindowOf<T> {
    fn window(self) -> Window
    where
        T: IsWindow,
    {
        Window::calls(1)
    }
}
