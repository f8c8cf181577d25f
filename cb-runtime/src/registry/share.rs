//! A registry whose breakers are shared with other instances of the program.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::{Registry, Shared};
use crate::{
    breaker::{CircuitBreaker, State},
    clock::Tick,
    observe::{
        alerts::{Alert, AlertKind},
        event::Event,
        hub::Hub,
        snapshot::wall,
        together::SharedStatus,
    },
    shared::{Breakers, SharedHandle, SharedState, SharedStateError, status::Status},
};

/// How a registry stands to the store, if it shares its breakers.
#[derive(Default)]
pub(super) struct Sharing {
    /// Held while one joins.
    turn: Mutex<()>,
    joined: Mutex<Option<(SharedHandle, Arc<Status>)>>,
}

impl Sharing {
    fn joined(&self) -> Option<(SharedHandle, Arc<Status>)> {
        self.joined.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn status(&self) -> Option<Arc<Status>> {
        Some(self.joined()?.1)
    }

    fn put(&self, joined: Option<(SharedHandle, Arc<Status>)>) {
        *self.joined.lock().unwrap_or_else(PoisonError::into_inner) = joined;
    }
}

impl Registry {
    /// Shares the breakers of this registry with the other instances of the program, from here on.
    ///
    /// The breakers go on deciding alone; what one of them decides, the others hear. See the guide
    /// [`many_instances`](crate::guide::many_instances).
    ///
    /// # Errors
    /// [`SharedStateError::Shared`] where they are shared already, [`SharedStateError::Thread`] where no
    /// thread can be started for it.
    pub fn share(&self, state: SharedState) -> Result<SharedHandle, SharedStateError> {
        let sharing = &self.0.sharing;
        let _turn = sharing.turn.lock().unwrap_or_else(PoisonError::into_inner);
        if sharing.status().is_some() {
            return Err(SharedStateError::Shared);
        }
        let ours = Ours { registry: Arc::downgrade(&self.0), hub: Arc::downgrade(&self.0.hub) };
        let (handle, status) = state.join(&self.0.hub, ours)?;
        sharing.put(Some((handle.clone(), status)));
        Ok(handle)
    }

    /// What [`share`](Self::share) returned; `None` where breakers are not shared.
    pub fn shared(&self) -> Option<SharedHandle> {
        Some(self.0.sharing.joined()?.0)
    }

    /// Whether the store answers through which breakers are shared; `None` where they are not.
    pub(crate) fn store_connected(&self) -> Option<bool> {
        Some(self.0.sharing.status()?.is_connected())
    }

    /// How it stands to the store through which breakers are shared; `None` where they are not.
    pub(crate) fn store(&self) -> Option<SharedStatus> {
        Some(self.0.sharing.status()?.read())
    }

    /// That the store is away.
    pub(super) fn store_away(&self) -> Option<Alert> {
        let status = self.0.sharing.status()?;
        let (since, why) = status.problem()?;
        let store = status.store();
        let text = format!(
            "the shared store `{store}` is away: {why}; circuit breakers decide alone until it is back"
        );
        Some(Alert::new(AlertKind::StoreAway, None, wall(Tick::now(), since), text))
    }
}

/// The breakers, without keeping them.
struct Ours {
    registry: Weak<Shared>,
    hub: Weak<Hub>,
}

impl Drop for Ours {
    fn drop(&mut self) {
        if let Some(hub) = self.hub.upgrade() {
            hub.set_fellowship(None);
        }
        if let Some(registry) = self.registry.upgrade() {
            registry.sharing.put(None);
        }
    }
}

impl Breakers for Ours {
    fn get(&self, name: &str) -> Option<CircuitBreaker> {
        Registry(self.registry.upgrade()?).get(name)
    }

    fn open(&self) -> Vec<String> {
        let Some(registry) = self.registry.upgrade() else { return Vec::new() };
        Registry(registry)
            .iter()
            .filter(|breaker| breaker.state() != State::Closed)
            .map(|breaker| breaker.name().to_owned())
            .collect()
    }

    fn tell(&self, event: Event) {
        if let Some(hub) = self.hub.upgrade() {
            hub.tell(&Arc::new(event));
        }
    }
}
