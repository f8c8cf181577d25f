//! From where on something is worth an alert.

use std::time::Duration;

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

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        bounds::share("floor", self.floor)?;
        bounds::at_least_one("several_opened", self.several_opened)?;
        bounds::above_zero("several_within", self.several_within)?;
        bounds::above_zero("open_for", self.open_for)?;
        bounds::rate("error_rate", self.error_rate)?;
        if let Some(rate) = self.slow_call_rate {
            bounds::rate("slow_call_rate", rate)?;
        }
        bounds::above_one("p95_factor", self.p95_factor)?;
        bounds::above_zero("p95_period", self.p95_period)?;
        bounds::above_zero("recent", self.recent)
    }

    /// How far back events are needed for the alerts.
    pub(crate) fn reach(&self) -> Duration {
        self.several_within.max(self.recent)
    }
}
