//! Breakers that code finds by name at its calls, as annotated functions find theirs.

use std::{fmt::Display, panic::Location, sync::Arc};

use super::{
    Registry,
    keyed::{Family, Text},
    registry,
};
use crate::{
    breaker::CircuitBreaker,
    config::Config,
    name::{self, Name, NameError},
};

/// Which breaker, or breakers by key, code asks for.
#[derive(Clone)]
pub(crate) struct Asked {
    name: Name,
    config: Config,
    here: &'static Location<'static>,
    /// The program's, where none is given.
    registry: Option<Registry>,
}

/// The breakers of one name, by key.
#[derive(Clone)]
pub(crate) struct Keyed {
    registry: Registry,
    family: Arc<Family>,
}

impl Asked {
    #[track_caller]
    pub(crate) fn new(name: &str, config: Config) -> Result<Self, NameError> {
        name::check(name)?;
        let name = Name::shared(name.into());
        Ok(Self { name, config, here: Location::caller(), registry: None })
    }

    pub(crate) fn name(&self) -> &Name {
        &self.name
    }

    pub(crate) fn in_registry(self, registry: Registry) -> Self {
        Self { registry: Some(registry), ..self }
    }

    fn registry(&self) -> &Registry {
        self.registry.as_ref().unwrap_or_else(|| registry())
    }

    /// The breaker; made now if there is none.
    pub(crate) fn breaker(&self) -> CircuitBreaker {
        let registry = self.registry();
        registry.load_by_default();
        let own = || registry.said_with(&self.name, &self.config);
        let (breaker, made) = registry.get_or_make(&self.name, Some(self.here), own);
        if let Some(unsettled) = made {
            unsettled.settle(registry);
        }
        breaker
    }

    /// The breakers by key; each is made when its key is first asked for.
    pub(crate) fn keyed(&self) -> Keyed {
        let registry = self.registry();
        registry.load_by_default();
        let own = || registry.said_with(&self.name, &self.config);
        let (family, made) = registry.get_or_make_family(&self.name, own);
        if let Some(unsettled) = made {
            unsettled.settle(registry);
        }
        Keyed { registry: registry.clone(), family }
    }
}

impl Keyed {
    /// The name without a key.
    #[cfg(feature = "tower")]
    pub(crate) fn name(&self) -> &Name {
        self.family.name()
    }

    /// The breaker for a call with this key. Finding one that is there allocates nothing.
    pub(crate) fn at(&self, key: &dyn Display) -> CircuitBreaker {
        CircuitBreaker(self.registry.keyed(&self.family, &Text::of(key)))
    }
}
