//! What becomes of a table of settings.

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

pub(super) use settings;
