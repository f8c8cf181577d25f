//! Breakers by name, and what the program declares about them.

mod declaration;
mod site;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

pub use declaration::{Conflict, Conflicts, Declaration, Declarations, Declared, declarations};
pub use site::Site;

use crate::{
    breaker::CircuitBreaker,
    config::Config,
    name::{self, Name, NameError},
    observe::snapshot::Snapshot,
};

/// Breakers by name. Cheap to clone; clones are the same registry.
///
/// Annotated functions use the program's, which [`registry()`] returns; tests and libraries may make
/// others.
///
/// ```
/// use cb_runtime::{Config, Registry};
///
/// let registry = Registry::new();
/// let breaker = registry.get_or_register("db", Config::builder().failure_threshold(3).build()?)?;
/// breaker.force_open();
/// assert_eq!(registry.get("db").map(|breaker| breaker.state()), Some(breaker.state()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct Registry {
    breakers: Arc<RwLock<BTreeMap<Name, CircuitBreaker>>>,
}

/// Why a breaker was not registered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegisterError {
    /// The name is not one that a registry takes.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A breaker of this name is there, with other settings.
    #[error("circuit breaker `{name}` is registered with other settings: {differences}")]
    #[non_exhaustive]
    Taken {
        /// The name.
        name: String,
        /// What differs, as "`failure_threshold` is 5 there and 3 here".
        differences: String,
    },
}

/// The program's registry.
pub fn registry() -> &'static Registry {
    static PROGRAM: OnceLock<Registry> = OnceLock::new();
    PROGRAM.get_or_init(Registry::new)
}

impl Registry {
    /// A registry with no breakers.
    pub fn new() -> Self {
        Self::default()
    }

    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<Name, CircuitBreaker>> {
        self.breakers.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<Name, CircuitBreaker>> {
        self.breakers.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The breaker of this name. An annotated function's is there from its first call on.
    pub fn get(&self, name: &str) -> Option<CircuitBreaker> {
        self.read().get(name).cloned()
    }

    /// Makes a breaker of this name; returns the one that is there if it has the same settings.
    ///
    /// # Errors
    /// [`RegisterError::Name`] for a name that is not 1 to 128 of letters, digits and `_ - . : /`;
    /// [`RegisterError::Taken`] where a breaker of this name has other settings.
    #[allow(clippy::needless_pass_by_value, reason = "as in `get_or_register`")]
    pub fn register(&self, name: &str, config: Config) -> Result<CircuitBreaker, RegisterError> {
        let breaker = self.get_or_register(name, config.clone())?;
        let differences = breaker.config().differences(&config);
        if differences.is_empty() {
            return Ok(breaker);
        }
        let differences: Vec<String> = differences
            .into_iter()
            .map(|(setting, there, here)| format!("`{setting}` is {there} there and {here} here"))
            .collect();
        Err(RegisterError::Taken { name: name.to_owned(), differences: differences.join(", ") })
    }

    /// The breaker of this name; makes one with these settings if there is none.
    ///
    /// # Errors
    /// [`RegisterError::Name`] for a name that is not 1 to 128 of letters, digits and `_ - . : /`.
    pub fn get_or_register(
        &self,
        name: &str,
        config: Config,
    ) -> Result<CircuitBreaker, RegisterError> {
        if let Some(breaker) = self.get(name) {
            return Ok(breaker);
        }
        name::check(name)?;
        Ok(self.get_or_insert(Name::shared(name.into()), || config))
    }

    fn get_or_insert(&self, name: Name, config: impl FnOnce() -> Config) -> CircuitBreaker {
        let mut breakers = self.write();
        if let Some(breaker) = breakers.get(&*name) {
            return breaker.clone();
        }
        let breaker = CircuitBreaker::named(name.clone(), config(), None);
        breakers.insert(name, breaker.clone());
        breaker
    }

    /// All breakers, by name.
    pub fn iter(&self) -> impl Iterator<Item = CircuitBreaker> + use<> {
        self.read().values().cloned().collect::<Vec<_>>().into_iter()
    }

    /// The breakers of one kind of service, by name.
    pub fn by_service_type(
        &self,
        service_type: &str,
    ) -> impl Iterator<Item = CircuitBreaker> + use<> {
        let of_type =
            |breaker: &CircuitBreaker| breaker.config().service_type() == Some(service_type);
        self.iter().filter(of_type).collect::<Vec<_>>().into_iter()
    }

    /// Takes a breaker out. Those who hold it can go on using it; an annotated function takes
    /// another, registered anew, at its next call.
    ///
    /// Meant for breakers that a program makes and gives up in number. Of an annotated function's,
    /// the old one stays in memory: use [`CircuitBreaker::reset`] to start it afresh.
    pub fn remove(&self, name: &str) -> Option<CircuitBreaker> {
        let breaker = self.write().remove(name)?;
        breaker.0.detach();
        Some(breaker)
    }

    /// Resets every breaker.
    pub fn reset_all(&self) {
        self.iter().for_each(|breaker| breaker.reset());
    }

    /// Resets the breakers of one kind of service.
    pub fn reset_by_type(&self, service_type: &str) {
        self.by_service_type(service_type).for_each(|breaker| breaker.reset());
    }

    /// Every breaker at this moment, by name. Each is consistent in itself; between two, calls may
    /// have been made.
    pub fn snapshot(&self) -> Vec<Snapshot> {
        self.iter().map(|breaker| breaker.snapshot()).collect()
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
