//! Keyed breakers: one for each value of a key, under one name and with one configuration.

#[cfg(all(test, cb_loom))]
mod loom_tests;
mod queue;
mod shards;
#[cfg(all(test, not(cb_loom)))]
mod tests;
mod text;

use std::sync::Arc;

pub(crate) use text::Text;

use queue::Queue;
use shards::{Shards, Wanted};

use crate::{
    breaker::{CircuitBreaker, core::Core},
    clock::Tick,
    config::{Config, ConfigBuilder},
    name::Name,
    observe::{figures::Figures, hub::Hub},
    primitive::{Mutex, RwLock, lock, read, write},
};

/// The breakers of one name, by key. At most `max_keys` of them.
///
/// A call with a known key takes no other lock than one that readers share, for some tens of
/// nanoseconds. Calls with new keys take turns.
pub(crate) struct Family {
    name: Name,
    settings: RwLock<Settings>,
    hub: Arc<Hub>,
    shards: Shards,
    /// Who has to go. Who puts in a breaker or takes one out holds it, so that the number of breakers
    /// is its length.
    queue: Mutex<Queue>,
}

/// What each breaker of a family is made with.
struct Settings {
    config: Config,
    /// What the program says of them.
    own: ConfigBuilder,
    /// Whether breakers are in force.
    enabled: bool,
}

/// No breaker may be forgotten for a new key.
pub(crate) struct Full {
    /// Whether that is to be said.
    pub(crate) is_news: bool,
}

impl Family {
    pub(crate) fn new(name: Name, config: Config, own: ConfigBuilder, hub: Arc<Hub>) -> Self {
        let settings = RwLock::new(Settings { config, own, enabled: true });
        Self { name, settings, hub, shards: Shards::new(), queue: Mutex::new(Queue::default()) }
    }

    /// The name without a key.
    pub(crate) fn name(&self) -> &Name {
        &self.name
    }

    /// The configuration of each of its breakers.
    pub(crate) fn config(&self) -> Config {
        read(&self.settings).config.clone()
    }

    /// What the program says of the configuration.
    pub(crate) fn own(&self) -> ConfigBuilder {
        read(&self.settings).own
    }

    /// Gives breakers that are made from here on another configuration.
    pub(crate) fn set_config(&self, config: Config) {
        // Who is making one has the other lock, and is done before or begins after this.
        let queue = lock(&self.queue);
        let before = std::mem::replace(&mut write(&self.settings).config, config);
        drop(queue);
        drop(before);
    }

    /// Has breakers that are made from here on be in force, or not.
    pub(crate) fn set_enabled(&self, enabled: bool) {
        let _queue = lock(&self.queue);
        write(&self.settings).enabled = enabled;
    }

    /// The breaker for a call with this key. A new one takes the place of the one that has been idle
    /// for the longest, if there are `max_keys`: that is, since its latest call began.
    #[inline]
    pub(crate) fn at(&self, key: &Text) -> Result<Arc<Core>, Full> {
        let wanted = self.shards.wanted(key.as_bytes());
        match self.shards.use_one(&wanted) {
            Some(core) => Ok(core),
            None => self.insert(&wanted, key),
        }
    }

    #[cold]
    #[inline(never)]
    fn insert(&self, wanted: &Wanted<'_>, key: &Text) -> Result<Arc<Core>, Full> {
        let mut queue = lock(&self.queue);
        // Another call may have been here for the same key.
        if let Some(core) = self.shards.use_one(wanted) {
            return Ok(core);
        }
        let (config, own, enabled) = {
            let settings = read(&self.settings);
            (settings.config.clone(), settings.own, settings.enabled)
        };
        if queue.len() >= config.max_keys() as usize {
            match queue.make_room(&self.shards) {
                Some(left) => queue.gone.add(left),
                None => return Err(Full { is_news: queue.note_full(Tick::now()) }),
            }
        }
        let name = Name::keyed(&self.name, key.as_str());
        let breaker = CircuitBreaker::named(name, config, Some(Arc::clone(&self.hub)));
        breaker.0.put_own(own);
        if !enabled {
            breaker.0.begin_disabled();
        }
        let core = Arc::clone(&breaker.0);
        let (key, now) = self.shards.insert(wanted, breaker);
        queue.push(key, now);
        drop(queue);
        core.narrate_if_wanted();
        #[cfg(feature = "redis")]
        core.join_fellows();
        Ok(core)
    }

    /// The breaker of this key, looked up and not used. A long key may be given in full or as a
    /// breaker's name shows it.
    pub(crate) fn get(&self, key: &str) -> Option<CircuitBreaker> {
        let as_shown = self.shards.get(&self.shards.wanted(key.as_bytes()));
        as_shown.or_else(|| self.shards.get(&self.shards.wanted(Text::of(&key).as_bytes())))
    }

    /// Takes the breaker of this key out; to be given as for [`Family::get`].
    pub(crate) fn remove(&self, key: &str) -> Option<CircuitBreaker> {
        let as_shown = self.remove_exactly(key.as_bytes());
        as_shown.or_else(|| self.remove_exactly(Text::of(&key).as_bytes()))
    }

    fn remove_exactly(&self, key: &[u8]) -> Option<CircuitBreaker> {
        let wanted = self.shards.wanted(key);
        let mut queue = lock(&self.queue);
        let breaker = self.shards.remove(&wanted)?;
        queue.remove(&wanted);
        queue.gone.add(breaker.clone());
        Some(breaker)
    }

    /// What is measured of all its breakers together, those that went among them.
    pub(crate) fn figures(&self) -> Figures {
        // Between the two there is none that is in both, or in neither.
        let mut queue = lock(&self.queue);
        let (breakers, gone) = (self.breakers(), queue.gone.counts());
        drop(queue);
        let mut figures = Figures::none(self.name.clone());
        for breaker in breakers {
            figures.add(breaker.0.present(), &breaker.0.counts());
        }
        figures.counts.add_if_any(gone);
        figures
    }

    /// All its breakers, in no order.
    pub(crate) fn breakers(&self) -> Vec<CircuitBreaker> {
        self.shards.all()
    }
}
