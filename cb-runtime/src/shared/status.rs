//! How an instance stands to the store.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::{
    clock::Tick,
    observe::{snapshot::wall, together::SharedStatus},
};

/// The same as [`SharedStatus`], as it is kept.
#[derive(Debug)]
pub(crate) struct Status {
    store: String,
    instance: String,
    now: Mutex<Now>,
}

#[derive(Clone, Debug)]
struct Now {
    connected: bool,
    since: Tick,
    instances: u32,
    agreed: Option<Tick>,
    pending: u32,
    problem: Option<String>,
}

impl Status {
    pub(crate) fn new(store: String, instance: String) -> Self {
        let now = Now {
            connected: false,
            since: Tick::now(),
            instances: 0,
            agreed: None,
            pending: 0,
            problem: None,
        };
        Self { store, instance, now: Mutex::new(now) }
    }

    fn lock(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The store answers. Whether that had been given up is news.
    pub(super) fn connected(&self) -> bool {
        let mut now = self.lock();
        let was_away = now.problem.take().is_some();
        if !now.connected {
            now.since = Tick::now();
        }
        now.connected = true;
        was_away
    }

    /// The store does not answer. Whether that is news.
    pub(super) fn away(&self, problem: String) -> bool {
        let mut now = self.lock();
        let is_news = now.problem.is_none();
        if now.connected || is_news {
            now.since = Tick::now();
        }
        now.connected = false;
        now.problem = Some(problem);
        is_news
    }

    /// All that the others have decided is known here, and so many live.
    pub(super) fn agreed(&self, instances: u32) {
        let mut now = self.lock();
        (now.instances, now.agreed) = (instances, Some(Tick::now()));
    }

    pub(super) fn set_pending(&self, pending: usize) {
        self.lock().pending = u32::try_from(pending).unwrap_or(u32::MAX);
    }

    pub(crate) fn store(&self) -> &str {
        &self.store
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.lock().connected
    }

    /// Since when the store does not answer, and why.
    pub(crate) fn problem(&self) -> Option<(Tick, String)> {
        let now = self.lock();
        now.problem.clone().map(|problem| (now.since, problem))
    }

    pub(crate) fn read(&self) -> SharedStatus {
        let Now { connected, since, instances, agreed, pending, problem } = self.lock().clone();
        let (store, instance) = (self.store.clone(), self.instance.clone());
        let now = Tick::now();
        let (since, agreed) = (wall(now, since), agreed.map(|agreed| wall(now, agreed)));
        SharedStatus { store, instance, connected, since, instances, agreed, pending, problem }
    }
}
