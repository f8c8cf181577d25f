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

#[cfg(all(test, feature = "testing"))]
#[allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]
mod tests {
    use std::{sync::mpsc, thread, time::Duration};

    use tokio::{runtime::Builder, task::yield_now};
    use tracing::{Dispatch, Event as Line, Metadata, Subscriber, span, subscriber::with_default};

    use super::*;
    use crate::{
        Config, Exchange, SharedOptions,
        config::ConfigBuilder,
        name::Name,
        registry::{Declaration, Site, registry},
        testing::isolated_blocking,
    };

    static FUNCTION: Declaration =
        Declaration::new("db", || "shop::stock::here", ("shop.rs", 1), ConfigBuilder::new(), None);
    static SITE: Site = Site::new(&FUNCTION);

    /// Sends its lines by the function that they tell of.
    struct Log;

    impl Subscriber for Log {
        fn enabled(&self, line: &Metadata<'_>) -> bool {
            line.target() == "cb_runtime"
        }

        fn event(&self, _: &Line<'_>) {
            assert!(SITE.core().admit().is_err());
        }

        fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
            span::Id::from_u64(1)
        }

        fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
        fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
        fn enter(&self, _: &span::Id) {}
        fn exit(&self, _: &span::Id) {}
    }

    fn first_call_of_what_is_open_elsewhere() {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let exchange = Exchange::new();
            let state = || SharedState::in_memory(&exchange, SharedOptions::new()).unwrap();
            let elsewhere = Registry::new();
            elsewhere.share(state()).unwrap();
            registry().share(state()).unwrap();
            let config = Config::builder().failure_threshold(1).build().unwrap();
            elsewhere.get_or_register("db", config).unwrap().try_acquire().unwrap().failure();
            let fellowship = registry().0.hub.fellowship().unwrap();
            while !fellowship.standing(&Name::literal("db")).open {
                yield_now().await;
            }
        });
        // While there is one subscriber only, another thread may say for all whether anybody listens.
        let _another = Dispatch::new(Log);
        with_default(Log, || assert!(SITE.core().admit().is_err()));
    }

    #[test]
    fn a_log_may_call_the_function_whose_breaker_has_just_come_to_be_open() {
        let (done, ended) = mpsc::channel();
        thread::spawn(move || {
            isolated_blocking(first_call_of_what_is_open_elsewhere);
            done.send(()).unwrap();
        });
        ended.recv_timeout(Duration::from_secs(20)).expect("it waits for itself");
    }
}
