//! A breaker's settings: complete and valid ([`Config`]), or some of them ([`ConfigBuilder`]).

mod bounds;
mod value;

use std::time::Duration;

use serde::{Serialize, Serializer, ser::SerializeMap};

pub use bounds::ConfigError;
pub(crate) use value::Setting;

/// One table of all settings, so that a setting added here is in the builder, the getters, the
/// comparison of declarations and what is shown, or nowhere.
///
/// Each row: documentation, `name: type as it is given => type as it is kept`, the bound it must
/// keep, and how the kept value comes from the given one.
macro_rules! settings {
    ($(
        $(#[$doc:meta])*
        $name:ident: $given:ty => $kept:ty, $bound:path, |$value:ident| $resolve:expr;
    )*) => {
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
        #[derive(Clone, Debug, PartialEq)]
        pub struct Config {
            $($name: $kept,)*
        }

        impl Config {
            $($(#[$doc])* pub const fn $name(&self) -> $kept { self.$name })*

            /// The settings in which the two differ: name, value here, value there.
            pub(crate) fn differences(&self, other: &Self) -> Vec<(&'static str, String, String)> {
                let mut found = Vec::new();
                $(if self.$name != other.$name {
                    found.push((stringify!($name), self.$name.show(), other.$name.show()));
                })*
                found
            }
        }

        impl Serialize for Config {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(None)?;
                $(self.$name.entry(stringify!($name), &mut map)?;)*
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
        }

        impl ConfigBuilder {
            /// No settings yet.
            pub const fn new() -> Self {
                Self { $($name: None,)* }
            }

            $($(#[$doc])* pub const fn $name(mut self, $name: $given) -> Self {
                self.$name = Some($name);
                self
            })*

            /// Checks the settings and fills in the defaults.
            ///
            /// # Errors
            /// [`ConfigError`] for the first setting outside its bound.
            pub fn build(self) -> Result<Config, ConfigError> {
                $(
                    if let Some(given) = self.$name {
                        $bound(stringify!($name), given)?;
                    }
                )*
                Ok(self.resolve())
            }

            /// The settings with the defaults filled in, bounds unseen.
            fn resolve(self) -> Config {
                $(
                    let $name: $kept = {
                        let $value = self.$name;
                        $resolve
                    };
                )*
                Config { $($name,)* }
            }

            /// These settings, and where they are silent the other's.
            pub(crate) fn or(self, other: Self) -> Self {
                Self { $($name: self.$name.or(other.$name),)* }
            }

            /// The settings that both give, with different values: name, value here, value there.
            pub(crate) fn conflicts(&self, other: &Self) -> Vec<(&'static str, String, String)> {
                let mut found = Vec::new();
                $(if let (Some(here), Some(there)) = (self.$name, other.$name) && here != there {
                    found.push((stringify!($name), here.show(), there.show()));
                })*
                found
            }

            /// The settings that are given: name and value.
            pub(crate) fn given(&self) -> Vec<(&'static str, String)> {
                let mut found = Vec::new();
                $(if let Some(given) = self.$name {
                    found.push((stringify!($name), given.show()));
                })*
                found
            }
        }
    };
}

settings! {
    /// What kind of service stands behind the breaker: the handle for operations on all breakers of
    /// one kind. Any text; none by default.
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

impl Config {
    /// Starts a set of settings.
    pub const fn builder() -> ConfigBuilder {
        ConfigBuilder::new()
    }
}

impl Default for Config {
    fn default() -> Self {
        ConfigBuilder::new().resolve()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_keep_their_own_bounds() {
        assert_eq!(Config::builder().build(), Ok(Config::default()));
    }

    #[test]
    fn a_probe_may_take_as_long_as_the_breaker_stays_open() {
        let config = Config::builder().recovery_timeout(Duration::from_secs(7)).build();
        assert_eq!(config.map(|config| config.probe_timeout()), Ok(Duration::from_secs(7)));
    }

    #[test]
    fn an_error_names_field_bound_and_value() {
        let error = Config::builder().failure_threshold(0).build().map_err(|e| e.to_string());
        assert_eq!(error, Err("`failure_threshold` must be at least 1, but is 0".to_owned()));
        let error =
            Config::builder().probe_timeout(Duration::ZERO).build().map_err(|e| e.to_string());
        assert_eq!(error, Err("`probe_timeout` must be longer than zero, but is 0s".to_owned()));
    }

    #[test]
    fn extremes_are_accepted() {
        let config = Config::builder()
            .failure_threshold(u32::MAX)
            .recovery_timeout(Duration::MAX)
            .half_open_max_calls(u32::MAX)
            .build();
        assert!(config.is_ok());
    }

    #[test]
    fn only_what_both_give_can_conflict() {
        let one = Config::builder().failure_threshold(3).critical(true);
        let two = Config::builder().failure_threshold(4).recovery_timeout(Duration::from_secs(1));
        assert_eq!(one.conflicts(&two), [("failure_threshold", "3".to_owned(), "4".to_owned())]);
        assert_eq!(
            one.or(two).build(),
            Config::builder()
                .failure_threshold(3)
                .critical(true)
                .recovery_timeout(Duration::from_secs(1))
                .build()
        );
    }
}
