//! Settings from several places, one over the other.

use std::{collections::BTreeMap, time::Duration};

use super::{CallChanges, ConfigBuilder, Origin};
use crate::{observe::alert_bounds::AlertBounds, pattern::Pattern};

/// Settings from one place, each with where it stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Layer {
    pub(crate) settings: ConfigBuilder,
    pub(crate) origins: BTreeMap<&'static str, Origin>,
    /// The settings that are meant to stand there and could not be read, where the configuration is
    /// refused for that.
    pub(crate) unread: BTreeMap<&'static str, Origin>,
}

/// What a file and the environment say, in the environment that is in force.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Layers {
    /// Of every breaker.
    pub(crate) defaults: Layer,
    /// Of the breakers of one service type.
    pub(crate) service_types: BTreeMap<String, Layer>,
    /// Of single breakers, by their names.
    pub(crate) breakers: BTreeMap<String, Layer>,
    /// Of the breakers whose names match, the most exact first; of equally exact ones, that which stands
    /// later in the file.
    pub(crate) patterns: Vec<(Pattern, Layer)>,
    /// Of breakers by their names as [`variable_name`] writes them.
    pub(crate) variables: BTreeMap<String, Layer>,
    /// Of single functions.
    pub(crate) calls: Vec<CallLayer>,
    /// How long the calls may take of those functions that have that from the preset of a service type.
    pub(crate) call_timeouts: BTreeMap<String, CallTimeout>,
    /// The bounds of alerts that are given, over the defaults.
    pub(crate) alert_bounds: Option<AlertBounds>,
    /// Whether breakers are in force at all.
    pub(crate) enabled: bool,
}

impl Layer {
    /// Settings that all come from one place.
    pub(crate) fn from(settings: ConfigBuilder, origin: &Origin) -> Self {
        let origins = settings.given().into_iter().map(|(setting, _)| (setting, origin.clone()));
        Self { settings, origins: origins.collect(), unread: BTreeMap::new() }
    }
}

impl Layers {
    /// All settings of a breaker, of which the program says what is its `own`, and `runtime` was changed
    /// since.
    pub(crate) fn settings(
        &self,
        name: &str,
        own: ConfigBuilder,
        runtime: ConfigBuilder,
    ) -> ConfigBuilder {
        let above = self.above(name).fold(runtime, |above, layer| above.or(layer.settings)).or(own);
        let service_type = above.or(self.defaults.settings).service_type;
        let below = match self.of_type(service_type) {
            Some(layer) => above.or(layer.settings),
            None => above,
        };
        // The preset, which every build adds below all that is given, stands over the defaults.
        let preset = below.or(self.defaults.settings).preset();
        below.or(self.defaults.settings.except(&preset))
    }

    /// The layers over what the program says, the highest first.
    pub(crate) fn above(&self, name: &str) -> impl Iterator<Item = &Layer> {
        // Most programs have none, and need not spell the name.
        let variables =
            if self.variables.is_empty() { None } else { self.variables.get(&variable_name(name)) };
        let matching = self.patterns.iter().filter(move |(pattern, _)| pattern.matches(name));
        let named = variables.into_iter().chain(self.breakers.get(name));
        named.chain(matching.map(|(_, layer)| layer))
    }

    /// Where a setting of a breaker is given in what was loaded, at the highest.
    pub(crate) fn place(
        &self,
        name: &str,
        service_type: Option<&str>,
        setting: &str,
    ) -> Option<&Origin> {
        // `backoff.factor` is of `backoff`.
        let setting = setting.split('.').next().unwrap_or(setting);
        self.of(name, service_type).find_map(|layer| layer.origins.get(setting))
    }

    /// Whether a setting of a breaker is meant to be given in what was loaded, and could not be read.
    #[cfg(feature = "config")]
    pub(crate) fn is_unread(&self, name: &str, service_type: Option<&str>, setting: &str) -> bool {
        self.of(name, service_type).any(|layer| layer.unread.contains_key(setting))
    }

    /// The layers of a breaker in what was loaded, the highest first.
    fn of(&self, name: &str, service_type: Option<&str>) -> impl Iterator<Item = &Layer> {
        let below = self.of_type(service_type).into_iter().chain([&self.defaults]);
        self.above(name).chain(below)
    }

    /// What the file says of a service type.
    pub(crate) fn of_type(&self, service_type: Option<&str>) -> Option<&Layer> {
        self.service_types.get(service_type?)
    }
}

/// What is said of the calls of one function.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CallLayer {
    /// The name of the function's breaker.
    pub(crate) breaker: String,
    /// The function, by the last part of its path or more of it.
    pub(crate) function: String,
    /// Where the function is named.
    pub(crate) origin: Origin,
    pub(crate) changes: CallChanges,
    /// Where each of the changes stands, by its key: `call_timeout`, `retry`, and so on.
    pub(crate) origins: BTreeMap<&'static str, Origin>,
}

/// How long calls may take, and where that is said.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CallTimeout {
    pub(crate) limit: Duration,
    pub(crate) origin: Origin,
}

impl Default for Layers {
    fn default() -> Self {
        Self {
            defaults: Layer::default(),
            service_types: BTreeMap::new(),
            breakers: BTreeMap::new(),
            patterns: Vec::new(),
            variables: BTreeMap::new(),
            calls: Vec::new(),
            call_timeouts: BTreeMap::new(),
            alert_bounds: None,
            enabled: true,
        }
    }
}

/// A breaker's name as variables have it: `web_app/database` is `WEB_APP_DATABASE`.
pub(crate) fn variable_name(name: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    name.chars().map(letter).collect()
}
