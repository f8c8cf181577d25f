//! From where on something is worth an alert.

use std::time::Duration;

#[cfg(feature = "config")]
use crate::config::file::{Found, Problems};
use crate::config::{ConfigError, bounds};

/// From where on [alerts](crate::Registry::alerts) are raised, and a program
/// [should not continue](crate::Registry::should_continue).
///
/// ```
/// use std::time::Duration;
/// use cb_runtime::{AlertBounds, Registry};
///
/// let registry = Registry::new();
/// registry.set_alert_bounds(AlertBounds::new().floor(0.8).open_for(Duration::from_secs(60)))?;
///
/// let refused = registry.set_alert_bounds(AlertBounds::new().error_rate(20.0)).unwrap_err();
/// assert_eq!(refused.to_string(), "`error_rate` must be above 0 and at most 1, but is 20.0");
/// # Ok::<(), cb_runtime::ConfigError>(())
/// ```
///
/// The defaults are this library's own choice, with a person on call in mind; none comes from a
/// measurement.
#[derive(Clone, Copy, Debug, PartialEq)]
#[must_use = "bounds do nothing until `Registry::set_alert_bounds` sets them"]
pub struct AlertBounds {
    pub(crate) floor: f64,
    pub(crate) several_opened: u32,
    pub(crate) several_within: Duration,
    pub(crate) open_for: Duration,
    pub(crate) error_rate: f64,
    pub(crate) slow_call_rate: Option<f64>,
    pub(crate) p95_factor: f64,
    pub(crate) p95_period: Duration,
    pub(crate) recent: Duration,
}

impl Default for AlertBounds {
    fn default() -> Self {
        Self::new()
    }
}

impl AlertBounds {
    /// The defaults.
    pub const fn new() -> Self {
        Self {
            floor: 0.5,
            several_opened: 3,
            several_within: Duration::from_secs(60),
            open_for: Duration::from_secs(5 * 60),
            error_rate: 0.2,
            slow_call_rate: None,
            p95_factor: 2.0,
            p95_period: Duration::from_secs(5 * 60),
            recent: Duration::from_secs(5 * 60),
        }
    }

    /// The score that the breakers must have for the program to continue, half-open ones taken for
    /// closed; it is none of the alerts. From 0 to 1; default: 0.5.
    pub const fn floor(mut self, score: f64) -> Self {
        self.floor = score;
        self
    }

    /// So many breakers that opened within [`several_within`](Self::several_within) are critical: they
    /// hint at a cause that they have in common. At least 1; default: 3.
    pub const fn several_opened(mut self, breakers: u32) -> Self {
        self.several_opened = breakers;
        self
    }

    /// See [`several_opened`](Self::several_opened). Above zero; default: 1 min.
    pub const fn several_within(mut self, time: Duration) -> Self {
        self.several_within = time;
        self
    }

    /// A breaker that has been open for longer is critical. Above zero; default: 5 min.
    pub const fn open_for(mut self, time: Duration) -> Self {
        self.open_for = time;
        self
    }

    /// A higher share of failures in a breaker's window, which must hold `min_calls`, is a warning.
    /// Above 0, at most 1; default: 0.2.
    pub const fn error_rate(mut self, rate: f64) -> Self {
        self.error_rate = rate;
        self
    }

    /// Such a share of slow calls in a breaker's window, which must hold `min_calls`, is a warning.
    /// Above 0, at most 1; default: the breaker's own `slow_call_rate`. As a slow call that reaches that
    /// opens the breaker, give a lower one to be told before.
    pub const fn slow_call_rate(mut self, rate: f64) -> Self {
        self.slow_call_rate = Some(rate);
        self
    }

    /// A p95 of response times that is so many times its earlier value is a warning. Finite and above
    /// 1; default: 2.
    pub const fn p95_factor(mut self, factor: f64) -> Self {
        self.p95_factor = factor;
        self
    }

    /// How long a time the late p95 is taken over: at least so long and, where alerts are looked at
    /// often, less than twice that. Above zero; default: 5 min.
    pub const fn p95_period(mut self, time: Duration) -> Self {
        self.p95_period = time;
        self
    }

    /// So long a transition, a recovery and a change of settings are told of. Above zero; default:
    /// 5 min.
    pub const fn recent(mut self, time: Duration) -> Self {
        self.recent = time;
        self
    }

    /// How far back events are needed for the alerts.
    pub(crate) fn reach(&self) -> Duration {
        self.several_within.max(self.recent)
    }
}

/// One table of all bounds, so that a bound added here is checked and in configuration files, or
/// nowhere. Each row: its name, its type, and what its value must keep to.
macro_rules! table {
    ($($name:ident: $given:ty, $bound:path;)*) => {
        impl AlertBounds {
            pub(crate) fn check(&self) -> Result<(), ConfigError> {
                $(if let Some(given) = Option::<$given>::from(self.$name) {
                    $bound(stringify!($name), given)?;
                })*
                Ok(())
            }
        }

        /// Some of the bounds.
        #[cfg(feature = "config")]
        #[derive(Clone, Copy, Debug, Default, PartialEq)]
        pub(crate) struct AlertChanges {
            $($name: Option<$given>,)*
        }

        #[cfg(feature = "config")]
        impl AlertChanges {
            pub(crate) const NAMES: &[&str] = &[$(stringify!($name)),*];

            /// Puts the bound of this name, as a file has it.
            pub(crate) fn put(&mut self, name: &str, found: &Found<'_>, problems: &mut Problems) {
                $(if name == stringify!($name) {
                    self.$name = found.bounded(problems, stringify!($name), $bound);
                })*
            }

            /// These, and where they are silent the other's.
            pub(crate) fn or(self, other: Self) -> Self {
                Self { $($name: self.$name.or(other.$name),)* }
            }

            /// These in the place of those.
            pub(crate) fn over(self, mut bounds: AlertBounds) -> AlertBounds {
                $(if let Some(given) = self.$name {
                    bounds = bounds.$name(given);
                })*
                bounds
            }
        }
    };
}

table! {
    floor: f64, bounds::share;
    several_opened: u32, bounds::at_least_one;
    several_within: Duration, bounds::above_zero;
    open_for: Duration, bounds::above_zero;
    error_rate: f64, bounds::rate;
    slow_call_rate: f64, bounds::rate;
    p95_factor: f64, bounds::above_one;
    p95_period: Duration, bounds::above_zero;
    recent: Duration, bounds::above_zero;
}
