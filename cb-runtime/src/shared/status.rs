//! How an instance stands to the store.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use serde::Serialize;

use crate::{clock::Tick, observe::snapshot::wall};

/// How an instance stands to the store that it shares its breakers through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SharedStatus {
    /// What the store is called; without a password.
    pub store: String,
    /// What this instance is called.
    pub instance: String,
    /// Whether the store answers. While it does not, breakers decide alone.
    pub connected: bool,
    /// Since when that is so, by the wall clock, for people.
    #[serde(serialize_with = "crate::observe::snapshot::rfc3339")]
    pub since: SystemTime,
    /// How many instances live, this one included, as far as is known; 0 before the first answer.
    pub instances: u32,
    /// Why the store does not answer; `None` while it does, and before the first attempt.
    pub problem: Option<String>,
}

/// The same, as it is kept.
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
    problem: Option<String>,
}

impl Status {
    pub(crate) fn new(store: String, instance: String) -> Self {
        let now = Now { connected: false, since: Tick::now(), instances: 0, problem: None };
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

    pub(super) fn set_instances(&self, instances: u32) {
        self.lock().instances = instances;
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
        let Now { connected, since, instances, problem } = self.lock().clone();
        let (store, instance) = (self.store.clone(), self.instance.clone());
        let since = wall(Tick::now(), since);
        SharedStatus { store, instance, connected, since, instances, problem }
    }
}
