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
#[cfg(feature = "config")]
pub use file::{CONFIG_SCHEMA, ConfigProblem, LoadError, Source};
#[cfg(feature = "config")]
pub(crate) use file::{Findings, Named, Read, quoted};
#[cfg(feature = "admin")]
pub(crate) use file::{near::all_near, read_settings, shown};
pub use health::{Check, Health, HealthCheck, HealthFuture, checked};
#[cfg(feature = "config")]
pub(crate) use layers::{CallLayer, variable_name};
pub(crate) use layers::{Layer, Layers};
pub use origin::Origin;
pub(crate) use value::Setting;
pub use window::{IsWindow, NoWindow, Window, WindowOf};

/// One table of all settings, so that a setting added here is in the builder, the getters, the
/// comparison of declarations and what is shown, or nowhere.
///
/// Each row: documentation, `name: type as it is given => type as it is kept`, the bound it must
/// keep, and how the kept value comes from the given one. The rare ones stand behind a pointer that
/// is null where none of them is given, so that a program of ten thousand breakers does not pay for
/// what it does not use; their kept values are constants where nothing is given.
macro_rules! settings {
    (
        often {$(
            $(#[$doc:meta])*
            $name:ident: $given:ty => $kept:ty, $bound:path, |$value:ident| $resolve:expr;
        )*}
        rarely {$(
            $(#[$rare_doc:meta])*
            $rare:ident: $rare_given:ty => $rare_kept:ty, $rare_bound:path,
                |$rare_value:ident| $rare_resolve:expr;
        )*}
    ) => {
        /// Settings of a breaker, complete and valid.
        ///
        /// ```
        /// use std::time::Duration;
        /// use cb_runtime::Config;
        ///
        /// let config = Config::builder()
        ///     .failure_threshold(3)
        ///     .recovery_timeout(Duration::from_secs(30))
        ///     .build()?;
        /// assert_eq!(config.failure_threshold(), 3);
        /// assert_eq!(config.success_threshold(), 1);
        /// # Ok::<(), cb_runtime::ConfigError>(())
        /// ```
        #[derive(Clone)]
        pub struct Config {
            $($name: $kept,)*
            rare: Option<Arc<Rare>>,
            given: Given,
        }

        /// The settings that few breakers have.
        #[derive(Clone, Copy)]
        struct Rare {
            $($rare: $rare_kept,)*
        }

        /// The places of the settings in [`Given`].
        #[derive(Clone, Copy)]
        #[allow(non_camel_case_types, reason = "they are the settings' names")]
        enum Place { $($name,)* $($rare,)* }

        impl Config {
            $($(#[$doc])* pub const fn $name(&self) -> $kept { self.$name })*

            $($(#[$rare_doc])* pub fn $rare(&self) -> $rare_kept { self.rare().$rare })*

            /// The settings that were given, without the defaults: a default that follows from another
            /// setting, as `probe_timeout` does, follows it still when that is changed.
            ///
            /// ```
            /// use std::time::Duration;
            /// use cb_runtime::Config;
            ///
            /// let config = Config::builder().recovery_timeout(Duration::from_secs(5)).build()?;
            /// assert_eq!(config.probe_timeout(), Duration::from_secs(5));
            /// let config = config.to_builder().recovery_timeout(Duration::from_secs(9)).build()?;
            /// assert_eq!(config.probe_timeout(), Duration::from_secs(9));
            /// # Ok::<(), cb_runtime::ConfigError>(())
            /// ```
            pub fn to_builder(&self) -> ConfigBuilder {
                ConfigBuilder {
                    $($name: if self.given.has(Place::$name) {
                        self.$name.into()
                    } else {
                        None
                    },)*
                    $($rare: if self.given.has(Place::$rare) {
                        self.rare().$rare.into()
                    } else {
                        None
                    },)*
                }
            }

            /// All settings: name and value.
            pub(crate) fn entries(&self) -> Vec<(&'static str, String)> {
                let rare = self.rare();
                vec![
                    $((stringify!($name), self.$name.show()),)*
                    $((stringify!($rare), rare.$rare.show()),)*
                ]
            }

            /// The settings in which the two differ: name, value here, value there.
            pub(crate) fn differences(&self, other: &Self) -> Vec<(&'static str, String, String)> {
                let mut found = Vec::new();
                $(if self.$name != other.$name {
                    found.push((stringify!($name), self.$name.show(), other.$name.show()));
                })*
                let (here, there) = (self.rare(), other.rare());
                $(if here.$rare != there.$rare {
                    found.push((stringify!($rare), here.$rare.show(), there.$rare.show()));
                })*
                found
            }
        }

        /// By what is in force: whether a value was given or is the default makes no difference.
        impl PartialEq for Config {
            fn eq(&self, other: &Self) -> bool {
                let (here, there) = (self.rare(), other.rare());
                true $(&& self.$name == other.$name)* $(&& here.$rare == there.$rare)*
            }
        }

        impl fmt::Debug for Config {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct("Config")
                    $(.field(stringify!($name), &self.$name))*
                    $(.field(stringify!($rare), &self.rare().$rare))*
                    .finish()
            }
        }

        impl Serialize for Config {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(None)?;
                $(self.$name.entry(stringify!($name), &mut map)?;)*
                $(self.rare().$rare.entry(stringify!($rare), &mut map)?;)*
                map.end()
            }
        }

        /// Collects settings for a [`Config`]; what is not given takes its default.
        ///
        /// The setters bear the names of the attribute's keys. They are `const`, so settings can be
        /// a constant: `const SETTINGS: ConfigBuilder = Config::builder().failure_threshold(3);`
        #[derive(Clone, Copy, Debug, Default, PartialEq)]
        #[must_use = "settings do nothing until `build` makes a `Config` of them"]
        pub struct ConfigBuilder {
            $($name: Option<$given>,)*
            $($rare: Option<$rare_given>,)*
        }

        impl ConfigBuilder {
            /// No settings yet.
            pub const fn new() -> Self {
                Self { $($name: None,)* $($rare: None,)* }
            }

            $($(#[$doc])* pub const fn $name(mut self, $name: $given) -> Self {
                self.$name = Some($name);
                self
            })*

            $($(#[$rare_doc])* pub const fn $rare(mut self, $rare: $rare_given) -> Self {
                self.$rare = Some($rare);
                self
            })*

            /// Checks the settings and fills in those of the service type's preset and the defaults.
            ///
            /// # Errors
            /// [`ConfigError`] for the first setting outside its bound, or for one that contradicts
            /// another.
            pub fn build(self) -> Result<Config, ConfigError> {
                $(
                    if let Some(given) = self.$name {
                        $bound(stringify!($name), given)?;
                    }
                )*
                $(
                    if let Some(given) = self.$rare {
                        $rare_bound(stringify!($rare), given)?;
                    }
                )*
                bounds::together(&self)?;
                Ok(self.resolve())
            }

            /// The settings with preset and defaults filled in, bounds unseen.
            fn resolve(self) -> Config {
                let mut given = Given(0);
                $(if self.$name.is_some() { given.add(Place::$name); })*
                $(if self.$rare.is_some() { given.add(Place::$rare); })*
                let all = match self.service_type {
                    Some(service_type) => self.or(preset::preset(service_type)),
                    None => self,
                };
                $(
                    let $name: $kept = {
                        let $value = all.$name;
                        $resolve
                    };
                )*
                let rare = if all.has_rare() { Some(Arc::new(all.rare())) } else { None };
                Config { $($name,)* rare, given }
            }

            fn has_rare(&self) -> bool {
                false $(|| self.$rare.is_some())*
            }

            /// The rare settings with the defaults filled in, bounds unseen.
            const fn rare(&self) -> Rare {
                $(
                    let $rare: $rare_kept = {
                        let $rare_value = self.$rare;
                        $rare_resolve
                    };
                )*
                Rare { $($rare,)* }
            }

            /// These settings, and where they are silent the other's.
            pub(crate) fn or(self, other: Self) -> Self {
                Self {
                    $($name: self.$name.or(other.$name),)*
                    $($rare: self.$rare.or(other.$rare),)*
                }
            }

            /// These settings but for the one of this name, as [`ConfigError::field`] tells it.
            pub(crate) fn without(mut self, field: &str) -> Self {
                // `backoff.factor` is of `backoff`.
                let name = field.split('.').next().unwrap_or(field);
                $(if name == stringify!($name) { self.$name = None; })*
                $(if name == stringify!($rare) { self.$rare = None; })*
                self
            }

            /// The settings that the other gives otherwise or not at all.
            pub(crate) fn changed_from(self, other: &Self) -> Self {
                Self {
                    $($name: self.$name.filter(|_| self.$name != other.$name),)*
                    $($rare: self.$rare.filter(|_| self.$rare != other.$rare),)*
                }
            }

            /// The settings that the other does not give.
            pub(crate) fn except(self, other: &Self) -> Self {
                Self {
                    $($name: self.$name.filter(|_| other.$name.is_none()),)*
                    $($rare: self.$rare.filter(|_| other.$rare.is_none()),)*
                }
            }

            /// The settings that the other gives too, be it with another value.
            pub(crate) fn where_given(self, other: &Self) -> Self {
                Self {
                    $($name: self.$name.filter(|_| other.$name.is_some()),)*
                    $($rare: self.$rare.filter(|_| other.$rare.is_some()),)*
                }
            }

            /// The settings that both give, with different values: name, value here, value there.
            pub(crate) fn conflicts(&self, other: &Self) -> Vec<(&'static str, String, String)> {
                let mut found = Vec::new();
                $(if let (Some(here), Some(there)) = (&self.$name, &other.$name)
                    && self.$name != other.$name
                {
                    found.push((stringify!($name), here.show(), there.show()));
                })*
                $(if let (Some(here), Some(there)) = (&self.$rare, &other.$rare)
                    && self.$rare != other.$rare
                {
                    found.push((stringify!($rare), here.show(), there.show()));
                })*
                found
            }

            /// The names of all settings.
            #[cfg(feature = "config")]
            pub(crate) const SETTINGS: &[&str] = &[$(stringify!($name),)* $(stringify!($rare),)*];

            /// Puts the setting of this name, as a file or a variable has it, in the place of what there
            /// was. Its name, if there is one of this name and the value keeps its bound.
            #[cfg(feature = "config")]
            pub(crate) fn put(
                &mut self,
                name: &str,
                found: &file::Found<'_>,
                problems: &mut file::Problems,
            ) -> Option<&'static str> {
                $(if name == stringify!($name) {
                    let value = file::FromFile::read(found, problems)?;
                    found.keeps($bound(stringify!($name), value), problems)?;
                    self.$name = Some(value);
                    return Some(stringify!($name));
                })*
                $(if name == stringify!($rare) {
                    let value = file::FromFile::read(found, problems)?;
                    found.keeps($rare_bound(stringify!($rare), value), problems)?;
                    self.$rare = Some(value);
                    return Some(stringify!($rare));
                })*
                None
            }

            /// The settings that are given: name and value.
            pub(crate) fn given(&self) -> Vec<(&'static str, String)> {
                let mut found = Vec::new();
                $(if let Some(given) = &self.$name {
                    found.push((stringify!($name), given.show()));
                })*
                $(if let Some(given) = &self.$rare {
                    found.push((stringify!($rare), given.show()));
                })*
                found
            }
        }
    };
}

settings! {
    often {
        /// What kind of service stands behind the breaker: the handle for operations on all breakers of
        /// one kind, and of some kinds [a preset](crate::circuit_breaker#kinds-of-services) for what is
        /// not given. Any text; none by default.
        service_type: &'static str => Option<&'static str>, bounds::any, |given| given;

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
