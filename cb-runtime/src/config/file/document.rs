//! A whole configuration file, read and checked.

use std::collections::BTreeMap;

use super::calls;
use crate::{
    config::{CallLayer, CallTimeout, Layer, Layers, Origin},
    observe::alert_bounds::{AlertBounds, AlertChanges},
    pattern::Pattern,
};

/// What a file says, in every environment.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Document {
    pub(super) tables: Tables,
    pub(super) environments: BTreeMap<String, Tables>,
    /// Whether the text could not be read at all, so that what it says is not known.
    pub(crate) is_unread: bool,
}

/// The tables of a file, or of an environment in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Tables {
    pub(super) defaults: Layer,
    pub(super) service_types: BTreeMap<String, ServiceType>,
    /// In the order of the file.
    pub(super) breakers: Vec<Breakers>,
    pub(super) alerts: AlertChanges,
}

/// A table under `service_types`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ServiceType {
    pub(super) origin: Origin,
    pub(super) layer: Layer,
    pub(super) call_timeout: Option<CallTimeout>,
}

/// A table under `breakers`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Breakers {
    pub(super) pattern: Pattern,
    /// Where the pattern stands.
    pub(super) origin: Origin,
    /// And its place among all of the file.
    pub(super) at: usize,
    pub(super) layer: Layer,
    pub(super) calls: Vec<CallLayer>,
}

impl Document {
    /// Of a text that could not be read.
    pub(super) fn unread() -> Self {
        Self { is_unread: true, ..Self::default() }
    }

    /// The environments of which something is said.
    pub(crate) fn environments(&self) -> impl Iterator<Item = &str> + Clone {
        self.environments.keys().map(String::as_str)
    }

    /// What is said in this environment, or where none is in force: an environment's tables stand over
    /// the same tables outside it.
    pub(crate) fn layers(&self, environment: Option<&str>) -> Layers {
        let tables = &self.tables;
        let Some(over) = environment.and_then(|name| self.environments.get(name)) else {
            return layers(tables.clone());
        };
        let mut merged = over.clone();
        merged.defaults = merged.defaults.over(&tables.defaults);
        merged.alerts = merged.alerts.or(tables.alerts);
        for (name, base) in &tables.service_types {
            merged
                .service_types
                .entry(name.clone())
                .and_modify(|top| {
                    top.layer = top.layer.clone().over(&base.layer);
                    top.call_timeout =
                        top.call_timeout.take().or_else(|| base.call_timeout.clone());
                })
                .or_insert_with(|| base.clone());
        }
        merged.breakers = breakers_over(&over.breakers, &tables.breakers);
        layers(merged)
    }

    /// The service types of which something is said, in any environment, with where.
    pub(crate) fn service_types(&self) -> impl Iterator<Item = (&str, &Origin)> {
        self.tables()
            .flat_map(|tables| &tables.service_types)
            .map(|(name, said)| (name.as_str(), &said.origin))
    }

    /// The tables outside all environments, and those of each.
    pub(super) fn tables(&self) -> impl Iterator<Item = &Tables> {
        std::iter::once(&self.tables).chain(self.environments.values())
    }
}

impl Layer {
    /// These settings, and where they are silent the other's.
    fn over(mut self, base: &Self) -> Self {
        self.settings = self.settings.or(base.settings);
        for (name, origin) in &base.origins {
            self.origins.entry(name).or_insert_with(|| origin.clone());
        }
        self.unread.extend(base.unread.iter().map(|(name, origin)| (*name, origin.clone())));
        self
    }
}

/// A pattern keeps the place that it has outside the environment: its place decides between patterns.
fn breakers_over(top: &[Breakers], base: &[Breakers]) -> Vec<Breakers> {
    let mut merged = base.to_vec();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for (place, below) in base.iter().enumerate() {
        places.insert(below.pattern.as_str().to_owned(), place);
    }
    for above in top {
        let below = places.get(above.pattern.as_str()).and_then(|place| merged.get_mut(*place));
        match below {
            Some(below) => {
                below.layer = above.layer.clone().over(&below.layer);
                below.calls = calls_over(&above.calls, &below.calls);
            }
            None => merged.push(above.clone()),
        }
    }
    merged
}

fn calls_over(top: &[CallLayer], base: &[CallLayer]) -> Vec<CallLayer> {
    let mut above: BTreeMap<&str, &CallLayer> =
        top.iter().map(|layer| (layer.function.as_str(), layer)).collect();
    let mut merged: Vec<CallLayer> = base
        .iter()
        .map(|below| match above.remove(below.function.as_str()) {
            Some(above) => calls::over(above, below),
            None => below.clone(),
        })
        .collect();
    merged.extend(above.into_values().cloned());
    merged
}

fn layers(tables: Tables) -> Layers {
    let mut breakers = tables.breakers;
    // The later of equally exact ones comes first.
    breakers
        .sort_by_cached_key(|breaker| (breaker.pattern.exactness(), std::cmp::Reverse(breaker.at)));
    let mut all_calls = Vec::new();
    let (mut named, mut patterns) = (BTreeMap::new(), Vec::new());
    for Breakers { pattern, layer, calls, .. } in breakers {
        all_calls.extend(calls);
        if pattern.is_exact() {
            named.insert(pattern.as_str().to_owned(), layer);
        } else {
            patterns.push((pattern, layer));
        }
    }
    let call_timeouts = tables
        .service_types
        .iter()
        .filter_map(|(name, said)| Some((name.clone(), said.call_timeout.clone()?)))
        .collect();
    let is_given = tables.alerts != AlertChanges::default();
    Layers {
        defaults: tables.defaults,
        service_types: tables
            .service_types
            .into_iter()
            .map(|(name, service_type)| (name, service_type.layer))
            .collect(),
        breakers: named,
        patterns,
        calls: all_calls,
        call_timeouts,
        alert_bounds: is_given.then(|| tables.alerts.over(AlertBounds::new())),
        ..Layers::default()
    }
}
