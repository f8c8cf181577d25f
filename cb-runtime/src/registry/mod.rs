//! Breakers by name, and what the program declares about them.

#[cfg(all(any(feature = "tower", feature = "reqwest"), not(cb_loom)))]
mod by_code;
mod by_name;
mod calls;
#[cfg(feature = "config")]
mod check;
mod declaration;
mod explain;
#[cfg(feature = "export")]
mod export;
mod figures;
mod function;
mod handlers;
mod health;
mod keyed;
#[cfg(feature = "config")]
mod load;
mod make;
#[cfg(feature = "admin")]
mod managed;
#[cfg(feature = "cli")]
mod outside;
mod registered;
#[cfg(all(feature = "redis", not(cb_loom)))]
mod share;
mod site;
mod subscription;
#[cfg(feature = "config")]
mod watch;

use std::{
    fmt,
    panic::Location,
    sync::{Arc, OnceLock},
};

#[cfg(all(any(feature = "tower", feature = "reqwest"), not(cb_loom)))]
pub(crate) use by_code::Asked;
#[cfg(all(feature = "tower", not(cb_loom)))]
pub(crate) use by_code::Keyed;
use by_name::ByName;
pub use declaration::{Conflict, Conflicts, Declaration, Declarations, Declared, declarations};
#[cfg(feature = "export")]
pub use export::ExportError;
use figures::Removed;
pub use handlers::Selector;
use health::{Bounds, Made};
use keyed::Family;
#[cfg(feature = "config")]
pub use load::Loaded;
use make::Registered;
#[cfg(feature = "cli")]
pub(crate) use outside::check_outside;
use registered::Fallbacks;
#[cfg(feature = "testing")]
pub(crate) use site::make_declared;
pub use site::{KeyedSite, Site};
pub use subscription::Subscription;
#[cfg(feature = "config")]
pub use watch::WatchError;

#[cfg(any(not(feature = "redis"), cb_loom))]
use crate::observe::together::SharedStatus;
use crate::{
    breaker::CircuitBreaker,
    config::{Config, ConfigBuilder, Layers},
    isolation,
    name::{self, Name, NameError},
    observe::{hub::Hub, snapshot::Snapshot},
    primitive::RwLock,
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
pub struct Registry(Arc<Shared>);

#[derive(Default)]
struct Shared {
    breakers: ByName<Registered>,
    /// The keyed ones, by the name that they share. A family stays, as the name in the program does.
    families: ByName<Arc<Family>>,
    /// What was counted by those that were taken out.
    removed: Removed,
    /// What a file and the environment say.
    layers: RwLock<Arc<Layers>>,
    /// Where all of them tell their events.
    hub: Arc<Hub>,
    /// What functions without a fallback of their own answer with.
    fallbacks: Fallbacks,
    alert_bounds: RwLock<Bounds>,
    made: Made,
    #[cfg(all(feature = "redis", not(cb_loom)))]
    sharing: share::Sharing,
    #[cfg(feature = "config")]
    loading: load::Loading,
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

/// The program's registry; in a test that has one of its own (feature `testing`), that.
pub fn registry() -> &'static Registry {
    static PROGRAM: OnceLock<Registry> = OnceLock::new();
    isolation::here(PROGRAM.get_or_init(Registry::of_the_program), Registry::new)
}

impl Registry {
    /// A registry with no breakers.
    pub fn new() -> Self {
        Self::default()
    }

    /// One that loads what is the default, unless something else is loaded before its first breaker.
    fn of_the_program() -> Self {
        Self(Arc::new(Shared {
            #[cfg(feature = "config")]
            loading: load::Loading::by_default(),
            ..Shared::default()
        }))
    }

    /// The breaker of this name. An annotated function's is there from its first call on; one with
    /// a `key` has a breaker for each value of it, called `name[key]`.
    pub fn get(&self, name: &str) -> Option<CircuitBreaker> {
        match parent_and_key(name) {
            Some((parent, key)) => self.family(parent)?.get(key),
            None => self.0.breakers.get(name).map(|found| found.breaker),
        }
    }

    /// Listens to the events of all breakers, those made later among them, from here on: changes of
    /// state, mode and settings, and resets. For those of single calls too, see
    /// [`Subscription::with_calls`].
    pub fn subscribe(&self) -> Subscription {
        Subscription::new(self.clone())
    }

    /// Lets all breakers know whether anybody listens to single calls.
    fn tell_of_calls(&self) {
        self.iter().for_each(|breaker| breaker.0.narrate());
    }

    /// Whether the store answers through which breakers are shared; `None` where they are not.
    #[cfg(any(not(feature = "redis"), cb_loom))]
    #[allow(clippy::unused_self, reason = "has the shape of the other")]
    pub(crate) fn store_connected(&self) -> Option<bool> {
        None
    }

    /// How it stands to the store through which breakers are shared; `None` where they are not.
    #[cfg(any(not(feature = "redis"), cb_loom))]
    #[allow(clippy::unused_self, reason = "has the shape of the other")]
    pub(crate) fn store(&self) -> Option<SharedStatus> {
        None
    }

    fn hub(&self) -> Arc<Hub> {
        Arc::clone(&self.0.hub)
    }

    fn family(&self, name: &str) -> Option<Arc<Family>> {
        self.0.families.get(name)
    }

    /// Makes a breaker of this name; returns the one that is there if it has the same settings.
    ///
    /// # Errors
    /// [`RegisterError::Name`] for a name that is not 1 to 128 of letters, digits and `_ - . : /`;
    /// [`RegisterError::Taken`] where a breaker of this name has other settings, or the attribute of a
    /// function says other ones of it, whether the function has been called yet or not.
    #[allow(clippy::needless_pass_by_value, reason = "as in `get_or_register`")]
    #[track_caller]
    pub fn register(
        &self,
        name: impl AsRef<str>,
        config: Config,
    ) -> Result<CircuitBreaker, RegisterError> {
        let name = name.as_ref();
        if self.get(name).is_none() {
            self.refuse_differences(name, self.said_with(name, &config), &config)?;
        }
        let breaker = self.get_or_register(name, config.clone())?;
        self.refuse_differences(name, breaker.0.said().0, &config)?;
        Ok(breaker)
    }

    /// Refuses settings that are not those which are said of the name.
    fn refuse_differences(
        &self,
        name: &str,
        said: ConfigBuilder,
        config: &Config,
    ) -> Result<(), RegisterError> {
        let differences = said.build_what_fits().0.differences(config);
        if differences.is_empty() {
            return Ok(());
        }
        let declared = self.declared(name);
        let differences: Vec<String> = differences
            .into_iter()
            .map(|(setting, there, here)| {
                let attribute = declared.iter().find(|function| function.gives(setting));
                let place = attribute
                    .map_or_else(String::new, |function| format!(" ({})", function.origin()));
                format!("`{setting}` is {there} there{place} and {here} here")
            })
            .collect();
        Err(RegisterError::Taken { name: name.to_owned(), differences: differences.join(", ") })
    }

    /// What the program says of a breaker, if this is what code says: the attributes of functions, which
    /// say the same in whatever order calls are made, and below them the code.
    fn said_with(&self, name: &str, code: &Config) -> ConfigBuilder {
        let functions = self.declared(name);
        functions
            .iter()
            .fold(ConfigBuilder::new(), |said, function| said.or(function.layer().settings))
            .or(code.to_builder())
    }

    /// The breaker of this name; makes one with these settings if there is none.
    ///
    /// Of the settings of a breaker that functions have in their attributes, what is written there stands,
    /// whether they have been called yet or not; the others are those given here.
    ///
    /// # Errors
    /// [`RegisterError::Name`] for a name that is not 1 to 128 of letters, digits and `_ - . : /`.
    #[allow(clippy::needless_pass_by_value, reason = "a breaker's settings go into it")]
    #[track_caller]
    pub fn get_or_register(
        &self,
        name: impl AsRef<str>,
        config: Config,
    ) -> Result<CircuitBreaker, RegisterError> {
        let name = name.as_ref();
        if let Some(breaker) = self.get(name) {
            return Ok(breaker);
        }
        name::check(name)?;
        let name = Name::shared(name.into());
        let here = Location::caller();
        self.load_by_default();
        let (breaker, made) =
            self.get_or_make(&name, Some(here), || self.said_with(&name, &config));
        if let Some(unsettled) = made {
            unsettled.settle(self);
        }
        Ok(breaker)
    }

    /// All breakers, those of each key among them, by name.
    pub fn iter(&self) -> impl Iterator<Item = CircuitBreaker> + use<> {
        let mut all: Vec<_> =
            self.0.breakers.all().into_iter().map(|found| found.breaker).collect();
        all.extend(self.0.families.all().iter().flat_map(|family| family.breakers()));
        all.sort_by(|one, other| one.name().cmp(other.name()));
        all.into_iter()
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
    /// Whether its service is up is not known by that, so that [`on_recovered`](Self::on_recovered) is not
    /// told of a breaker that is taken out while it is down. [Reset](CircuitBreaker::reset) it, before or
    /// after, where the program is to go on as if it were up.
    ///
    /// Meant for breakers that a program makes and gives up in number, and for those of single keys.
    /// Of an annotated function's without a key, the old one stays in memory: use
    /// [`CircuitBreaker::reset`] to start it afresh.
    ///
    /// Metrics go on counting where it left off, if it is one of an annotated function or of a single key.
    /// Of others they know nothing any more, so that names which a program gives up leave nothing behind.
    pub fn remove(&self, name: &str) -> Option<CircuitBreaker> {
        if let Some((parent, key)) = parent_and_key(name) {
            return self.family(parent)?.remove(key);
        }
        let breaker = self.remove_plain(name)?;
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

/// The parts of a keyed breaker's name. No other name has a `[`; a key may have anything.
fn parent_and_key(name: &str) -> Option<(&str, &str)> {
    let (parent, key) = name.split_once('[')?;
    Some((parent, key.strip_suffix(']')?))
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
