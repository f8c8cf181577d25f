//! Settings from several places, one over the other.

use std::collections::BTreeMap;

use super::{CallChanges, ConfigBuilder, Origin};
use crate::{observe::alert_bounds::AlertBounds, pattern::Pattern};

/// Settings from one place, each with where it stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Layer {
    pub(crate) settings: ConfigBuilder,
    pub(crate) origins: BTreeMap<&'static str, Origin>,
}

/// What a file and the environment say, in the environment that is in force.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Layers {
    /// Of every breaker.
    pub(crate) defaults: Layer,
    /// Of the breakers of one service type.
    pub(crate) service_types: BTreeMap<String, Layer>,
    /// Of the breakers whose names match, the most exact first; of equally exact ones, that which stands
    /// later in the file.
    pub(crate) breakers: Vec<(Pattern, Layer)>,
    /// Of breakers by their names as [`variable_name`] writes them.
    pub(crate) variables: BTreeMap<String, Layer>,
    /// Of single functions.
    pub(crate) calls: Vec<CallLayer>,
    /// The bounds of alerts that are given, over the defaults.
    pub(crate) alert_bounds: Option<AlertBounds>,
    /// Whether breakers are in force at all.
    pub(crate) enabled: bool,
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

impl Default for Layers {
    fn default() -> Self {
        Self {
            defaults: Layer::default(),
            service_types: BTreeMap::new(),
            breakers: Vec::new(),
            variables: BTreeMap::new(),
            calls: Vec::new(),
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
