//! What the management API asks a registry for.

use super::{Declaration, Registry};
use crate::{
    breaker::CircuitBreaker,
    config::Config,
    observe::{
        health::{self, Health},
        look::Look,
    },
};

impl Registry {
    /// The breakers of all keys of this name, by name, and the one that calls share whose keys found no
    /// place; `None` where it is no keyed name.
    pub(crate) fn of_family(&self, name: &str) -> Option<Vec<CircuitBreaker>> {
        let mut all = self.family(name)?.breakers();
        all.extend(self.0.breakers.get(name).map(|found| found.breaker));
        all.sort_by(|one, other| one.name().cmp(other.name()));
        Some(all)
    }

    /// The breaker of one key of this name. The key may have any characters.
    pub(crate) fn of_key(&self, name: &str, key: &str) -> Option<CircuitBreaker> {
        self.family(name)?.get(key)
    }

    /// The settings of the breakers that a keyed name will have.
    pub(crate) fn family_config(&self, name: &str) -> Option<Config> {
        self.family(name).map(|family| family.config())
    }

    /// The names of all breakers, those of keys aside, whose shared name is among them.
    pub(crate) fn names(&self) -> Vec<String> {
        let breakers =
            self.0.breakers.all().into_iter().map(|found| found.breaker.name().to_owned());
        let families = self.0.families.all().into_iter().map(|family| family.name().to_string());
        let mut names: Vec<String> = breakers.chain(families).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The functions that share the breaker of this name.
    pub(crate) fn functions(&self, name: &str) -> Vec<&'static Declaration> {
        self.declared(name)
    }

    /// How all breakers are together, of looks at them, without advice.
    pub(crate) fn health_of(&self, looks: &[Look]) -> Health {
        health::health(looks, &self.alert_bounds(), Vec::new())
    }

    /// Whether the program's declarations are this registry's.
    pub(crate) fn has_declarations(&self) -> bool {
        self.is_the_programs()
    }
}
