//! How breakers come to be in a registry, with the settings of all layers.

use std::{panic::Location, sync::Arc};

use super::{
    Registry,
    by_name::Named,
    keyed::{Family, Full, Text},
};
#[cfg(feature = "admin")]
use crate::observe::operation::Operation;
use crate::{
    breaker::{
        CircuitBreaker,
        core::{Core, contain},
    },
    config::{Config, ConfigBuilder, ConfigError, Layers},
    name::Name,
    observe::log,
    primitive::read,
};

/// What is to be done about a new breaker, or a new family, once nothing is held any more that those
/// might ask for who are told of it.
pub(super) struct Unsettled {
    name: Name,
    layers: Arc<Layers>,
    left_out: Vec<ConfigError>,
    /// To be as others of its name are in other instances of the program.
    #[cfg(feature = "redis")]
    joins: Option<CircuitBreaker>,
}

impl Unsettled {
    pub(super) fn settle(self, registry: &Registry) {
        #[cfg(feature = "redis")]
        if let Some(breaker) = &self.joins {
            breaker.0.join_fellows();
        }
        let Self { name, layers, left_out, .. } = self;
        // Others may have been loaded before this one could be found.
        let present = registry.layers();
        if !Arc::ptr_eq(&layers, &present) {
            if let Some(Registered { breaker, .. }) = registry.0.breakers.get(&name) {
                registry.adapt(&breaker);
                #[cfg(feature = "config")]
                if layers.enabled != present.enabled {
                    super::load::switch(&breaker, present.enabled);
                }
            }
            if let Some(family) = registry.0.families.get(&name) {
                registry.adapt_family(&family);
            }
        }
        contain(|| left_out.iter().for_each(|problem| log::left_out(&name, problem)));
    }
}

/// The name that settings of a breaker are said under.
fn name_of_all(breaker: &CircuitBreaker) -> &str {
    let name = breaker.0.name();
    name.parent_and_key().map_or(name.as_str(), |(parent, _)| parent)
}

/// A breaker in a registry.
#[derive(Clone)]
pub(super) struct Registered {
    pub(super) breaker: CircuitBreaker,
    /// Where it was registered, if not by an attribute.
    pub(super) code: Option<&'static Location<'static>>,
}

impl Named for Registered {
    fn name(&self) -> &str {
        self.breaker.name()
    }
}

impl Named for Arc<Family> {
    fn name(&self) -> &str {
        Family::name(self)
    }
}

impl Registry {
    /// What a file and the environment say at this moment.
    pub(super) fn layers(&self) -> Arc<Layers> {
        Arc::clone(&read(&self.0.layers))
    }

    /// What is loaded by default is loaded by the feature `config`.
    #[cfg(not(feature = "config"))]
    #[allow(clippy::unused_self, reason = "has the shape of the other")]
    pub(super) fn load_by_default(&self) {}

    /// The breaker of this name, or one that is made now: of its settings, `own` are those that the
    /// program gives. If it is that, there is something to [settle](Unsettled::settle).
    pub(super) fn get_or_make(
        &self,
        name: &Name,
        code: Option<&'static Location<'static>>,
        own: impl FnOnce() -> ConfigBuilder,
    ) -> (CircuitBreaker, Option<Unsettled>) {
        let mut made = None;
        let (found, is_new) = self.0.breakers.get_or_insert(name, || {
            let own = own();
            let (config, unsettled) = self.begin(name, own);
            let breaker = CircuitBreaker::named(name.clone(), config, Some(self.hub()));
            breaker.0.put_own(own);
            if !unsettled.layers.enabled {
                breaker.0.begin_disabled();
            }
            made = Some(unsettled);
            Registered { breaker, code }
        });
        let breaker = found.breaker;
        if is_new {
            breaker.0.narrate_if_wanted();
            #[cfg(feature = "redis")]
            if let Some(made) = &mut made {
                made.joins = Some(breaker.clone());
            }
        }
        (breaker, made.filter(|_| is_new))
    }

    /// The same of a family of keyed breakers.
    pub(super) fn get_or_make_family(
        &self,
        name: &Name,
        own: impl FnOnce() -> ConfigBuilder,
    ) -> (Arc<Family>, Option<Unsettled>) {
        let mut made = None;
        let (family, is_new) = self.0.families.get_or_insert(name, || {
            let own = own();
            let (config, unsettled) = self.begin(name, own);
            let family = Family::new(name.clone(), config, own, self.hub());
            family.set_enabled(unsettled.layers.enabled);
            made = Some(unsettled);
            Arc::new(family)
        });
        (family, made.filter(|_| is_new))
    }

    fn begin(&self, name: &Name, own: ConfigBuilder) -> (Config, Unsettled) {
        let layers = self.layers();
        let settings = layers.settings(name, own, ConfigBuilder::new());
        let (config, left_out) = settings.build_what_fits();
        let unsettled = Unsettled {
            name: name.clone(),
            layers,
            left_out,
            #[cfg(feature = "redis")]
            joins: None,
        };
        (config, unsettled)
    }

    /// Puts the settings in force that come of the layers as they are now.
    pub(super) fn adapt(&self, breaker: &CircuitBreaker) {
        let (of_all, layers) = (name_of_all(breaker), self.layers());
        let adapted = breaker.0.adapt(|own, runtime| layers.settings(of_all, own, runtime).build());
        // What was changed while all was checked; then those in force stand.
        if let Err(problem) = adapted {
            contain(|| log::not_adapted(breaker.0.name(), &problem));
        }
    }

    /// Changes settings of a breaker for an operator. Of those that are taken `back` counts what the layers
    /// below say, as they are now.
    #[cfg(feature = "admin")]
    pub(crate) fn reconfigure(
        &self,
        breaker: &CircuitBreaker,
        operation: Operation,
        settings: ConfigBuilder,
        back: &[&str],
    ) -> Result<(), ConfigError> {
        let (of_all, layers) = (name_of_all(breaker), self.layers());
        let below = |own, runtime| layers.settings(of_all, own, runtime);
        breaker.0.reconfigure_for(Some(operation), |present| settings.or(present), back, below)
    }

    /// The same of all breakers of a family, and those that it will have.
    pub(super) fn adapt_family(&self, family: &Family) {
        let layers = self.layers();
        let settings = layers.settings(family.name(), family.own(), ConfigBuilder::new());
        family.set_config(settings.build_what_fits().0);
        family.set_enabled(layers.enabled);
        family.breakers().iter().for_each(|breaker| self.adapt(breaker));
    }

    /// The breaker for a call with this key. Where no breaker may be forgotten for a new key, that is
    /// the one of the plain name, which all such calls share: so memory stays bounded and the
    /// service protected.
    #[inline]
    pub(super) fn keyed(&self, family: &Family, key: &Text) -> Arc<Core> {
        family.at(key).unwrap_or_else(|full| self.without_a_place(family, &full))
    }

    #[cold]
    fn without_a_place(&self, family: &Family, full: &Full) -> Arc<Core> {
        if full.is_news {
            contain(|| log::full(family.name(), family.config().max_keys()));
        }
        let (shared, unsettled) = self.get_or_make(family.name(), None, || family.own());
        if let Some(unsettled) = unsettled {
            unsettled.settle(self);
        }
        shared.0
    }
}

#[cfg(all(test, feature = "config", not(cb_loom)))]
#[allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]
mod tests {
    use super::*;
    use crate::{Mode, Source};

    fn load(registry: &Registry, enabled: &str) {
        let variables = [("CIRCUIT_BREAKERS_ENABLED", enabled)];
        registry.load(Source::toml("").variables(variables)).unwrap();
    }

    /// The modes of a breaker and of one of a key that were being made while all were turned off, or on.
    fn made_while_loading(before: &str, then: &str) -> [Mode; 2] {
        let registry = Registry::new();
        load(&registry, before);
        let name = Name::literal("db");
        let (config, unsettled) = registry.begin(&name, ConfigBuilder::new());
        let breaker = CircuitBreaker::named(name.clone(), config, Some(registry.hub()));
        if !unsettled.layers.enabled {
            breaker.0.begin_disabled();
        }
        let (config, of_family) = registry.begin(&name, ConfigBuilder::new());
        let family = Family::new(name.clone(), config, ConfigBuilder::new(), registry.hub());
        family.set_enabled(of_family.layers.enabled);

        load(&registry, then);
        registry.0.breakers.get_or_insert(&name, || Registered { breaker, code: None });
        registry.0.families.get_or_insert(&name, || Arc::new(family));
        unsettled.settle(&registry);
        of_family.settle(&registry);

        let family = registry.0.families.get("db").unwrap();
        let keyed = registry.keyed(&family, &Text::of(&"key"));
        [registry.0.breakers.get("db").unwrap().breaker.mode(), keyed.mode()]
    }

    #[test]
    fn what_is_made_while_all_are_turned_off_or_on_is_too() {
        assert_eq!(made_while_loading("true", "false"), [Mode::Disabled; 2]);
        assert_eq!(made_while_loading("false", "true"), [Mode::Normal; 2]);
    }
}
