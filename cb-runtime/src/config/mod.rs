//! A breaker's settings: complete and valid ([`Config`]), or some of them ([`ConfigBuilder`]).

mod backoff;
pub(crate) mod bounds;
mod calls;
mod explain;
#[cfg(feature = "config")]
pub(crate) mod file;
mod health;
mod layers;
mod origin;
mod preset;
mod table;
#[cfg(test)]
mod tests;
mod value;
mod window;

use std::{fmt, sync::Arc, time::Duration};

use serde::{Serialize, Serializer, ser::SerializeMap};

pub use backoff::Backoff;
pub use bounds::ConfigError;
pub(crate) use calls::{CallChanges, RetryChanges};
pub use explain::{ExplainedCalls, ExplainedSetting, Explanation, Overridden};
#[cfg(feature = "cli")]
pub(crate) use file::is_hidden;
#[cfg(feature = "redis")]
pub(crate) use file::read_settings;
#[cfg(feature = "config")]
pub use file::{CONFIG_SCHEMA, ConfigProblem, LoadError, Source};
#[cfg(feature = "config")]
pub(crate) use file::{Findings, Named, Read, quoted};
#[cfg(feature = "admin")]
pub(crate) use file::{near::all_near, read_change, shown};
pub use health::{Check, Health, HealthCheck, HealthFuture, checked};
#[cfg(feature = "config")]
pub(crate) use layers::variable_name;
pub(crate) use layers::{CallLayer, CallTimeout, Layer, Layers};
pub use origin::Origin;
#[cfg(feature = "config")]
pub(crate) use preset::WITH_CALL_TIMEOUT;
use table::settings;
pub(crate) use value::Setting;
pub use window::{IsWindow, NoWindow, Window, WindowOf};

settings! {
    often {
        /// What kind of service stands behind the breaker: the handle for operations on all breakers of
        /// one kind, and of some kinds [a preset](crate::circuit_breaker#kinds-of-services) for what is
        /// not given. Any text that is not empty or blank; none by default.
        service_type: &'static str => Option<&'static str>, bounds::filled, |given| given;

        /// Whether the program's health hangs on this service. Default: `false`.
        critical: bool => bool, bounds::any, |given| given.unwrap_or(false);

        /// Consecutive failures that open the breaker. At least 1; default: 5.
        failure_threshold: u32 => u32, bounds::at_least_one, |given| given.unwrap_or(5);

        /// How long the breaker stays open before it admits a probe. Above zero; default: 60 s.
        recovery_timeout: Duration => Duration, bounds::above_zero,
            |given| given.unwrap_or(Duration::from_secs(60));

        /// Probes that may be in flight at once while the breaker is half-open. At least 1; default: 1.
        half_open_max_calls: u32 => u32, bounds::at_least_one, |given| given.unwrap_or(1);

        /// Probes that must succeed before the breaker closes. At least 1; default: 1.
        success_threshold: u32 => u32, bounds::at_least_one, |given| given.unwrap_or(1);

        /// How long a probe may hold its permit before the next caller may have it. Above zero; default:
        /// the `recovery_timeout`.
        probe_timeout: Duration => Duration, bounds::above_zero,
            |given| given.unwrap_or(recovery_timeout);

        /// Whether response times are kept. Costs two clock reads for each call that is timed: every
        /// call while a thread makes fewer than 100 000 a second, a sample of them above. Default: `true`.
        response_times: bool => bool, bounds::any, |given| given.unwrap_or(true);
    }

    rarely {
        /// The share of failures among the calls of the `window` that opens the breaker, once it holds
        /// `min_calls`. Above 0, at most 1; off by default.
        failure_rate: f64 => Option<f64>, bounds::rate, |given| given;

        /// A call that takes longer is slow, whether it succeeds or fails. Above zero; off by default.
        slow_call: Duration => Option<Duration>, bounds::above_zero, |given| given;

        /// The share of slow calls among those of the `window` that opens the breaker, once it holds
        /// `min_calls`. Above 0, at most 1; default: 1 where `slow_call` is given. Nothing without
        /// `slow_call`, and refused there.
        slow_call_rate: f64 => Option<f64>, bounds::rate, |given| match given {
            None if slow_call.is_some() => Some(1.0),
            _ => given,
        };

        /// The calls that the rates are taken over: the last 1 to 1 000 000, or those of the last
        /// millisecond or more. Default: the last 100 calls.
        window: Window => Window, bounds::window, |given| match given {
            Some(window) => window,
            None => Window::Calls(100),
        };

        /// The calls that the `window` must hold before a rate is judged. At least 1, and no more than a
        /// `window` of calls holds; default: 10, or the whole of a smaller `window`.
        min_calls: u32 => u32, bounds::at_least_one, |given| match (given, window) {
            (Some(calls), _) => calls,
            (None, Window::Calls(calls)) if calls < 10 => calls,
            (None, _) => 10,
        };

        /// How the open time grows from one opening to the next while the breaker does not close. Off
        /// by default: every opening lasts `recovery_timeout`.
        backoff: Backoff => Option<Backoff>, bounds::backoff, |given| given;

        /// After this long without a call, a closed breaker forgets its failures in a row and its
        /// `window`. Above zero; off by default.
        reset_timeout: Duration => Option<Duration>, bounds::above_zero, |given| given;

        /// Turns calls away ahead of any opening: calls beyond this many times the successes of the
        /// `window` are rejected, the more likely the more there are. Finite and above 1; off by
        /// default.
        shed: f64 => Option<f64>, bounds::above_one, |given| given;

        /// What asks whether the service is well while the breaker is open, so that no user's call is
        /// the probe. Off by default: the probes are users' calls.
        health_check: HealthCheck => Option<HealthCheck>, bounds::any, |given| given;

        /// How many breakers of one name and different keys are kept. At least 1; default: 10 000.
        max_keys: u32 => u32, bounds::at_least_one, |given| match given {
            Some(keys) => keys,
            None => 10_000,
        };
    }
}

/// Which settings were given, a bit for each.
#[derive(Clone, Copy, PartialEq)]
struct Given(u32);

impl Given {
    fn add(&mut self, place: Place) {
        self.0 |= 1 << place as u32;
    }

    fn has(self, place: Place) -> bool {
        self.0 & (1 << place as u32) != 0
    }
}

impl Rare {
    /// Where none is given.
    const NONE: &'static Self = &ConfigBuilder::new().rare();
}

impl Config {
    /// Starts a set of settings.
    pub const fn builder() -> ConfigBuilder {
        ConfigBuilder::new()
    }

    fn rare(&self) -> &Rare {
        self.rare.as_deref().unwrap_or(Rare::NONE)
    }
}

/// Whether there is a preset of this service type.
#[cfg(feature = "config")]
pub(crate) fn is_preset(service_type: &str) -> bool {
    preset::preset(service_type) != ConfigBuilder::new()
}

impl ConfigBuilder {
    /// The service type that is given.
    pub(crate) fn given_service_type(&self) -> Option<&'static str> {
        self.service_type
    }

    /// The settings of the service type's preset.
    pub(crate) fn preset(&self) -> Self {
        self.service_type.map_or_else(Self::new, preset::preset)
    }

    /// Builds, and where that fails without what is at fault, which is returned beside.
    pub(crate) fn build_what_fits(mut self) -> (Config, Vec<ConfigError>) {
        let mut left_out = Vec::new();
        loop {
            match self.build() {
                Ok(config) => return (config, left_out),
                Err(problem) => {
                    let rest = self.without(problem.field());
                    if rest == self {
                        // A problem of nothing that is given: there is none.
                        return (Config::default(), left_out);
                    }
                    self = rest;
                    left_out.push(problem);
                }
            }
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        ConfigBuilder::new().resolve()
    }
}
