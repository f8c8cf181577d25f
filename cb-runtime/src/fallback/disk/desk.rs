//! What a store on disk has in memory: answers that are found at once, and those that are still to be
//! written.

use std::{
    hash::Hash,
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::super::shelf::Shelf;
use crate::{
    clock::Tick,
    primitive::{Mutex, lock},
};

/// So many answers may be waiting to be written.
const MOST_WAITING: usize = 4_096;
/// With so many waiting, the next writing does not wait for its time.
const MANY_WAITING: usize = 512;

/// The answers in memory. Values are cloned, and dropped, outside of the lock.
pub(super) struct Desk<K, V>(Mutex<State<K, V>>);

struct State<K, V> {
    /// Those that were put or found last.
    recent: Pile<K, V>,
    /// Those that are to be written; the oldest make room for new ones, if the disk is too slow. Of
    /// several values of one key, all but the last are never written.
    waiting: Pile<K, V>,
    /// Those that are being written.
    writing: Arc<Pile<K, V>>,
}

type Pile<K, V> = Shelf<Arc<K>, Arc<Answer<V>>>;

/// A value, and when the service gave it.
pub(super) struct Answer<V> {
    pub(super) value: V,
    /// By the clock that a process goes by.
    pub(super) since: Tick,
    /// By the clock that other processes go by.
    pub(super) stored: SystemTime,
}

/// Whether the writer has to be told of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// It knows that there are some.
    None,
    /// It is the first one, or one of many.
    Some,
}

impl<K: Hash + Eq, V> Desk<K, V> {
    /// A desk that keeps so many answers at hand.
    pub(super) fn new(capacity: usize) -> Self {
        Self(Mutex::new(State {
            recent: Shelf::new(capacity),
            waiting: Shelf::new(MOST_WAITING),
            writing: Arc::new(Shelf::new(0)),
        }))
    }

    pub(super) fn put(&self, key: K, answer: Answer<V>) -> News {
        let (key, answer) = (Arc::new(key), Arc::new(answer));
        let mut state = lock(&self.0);
        let gone = state.recent.put(Arc::clone(&key), Arc::clone(&answer));
        let before = state.waiting.len();
        let replaced = state.waiting.put(key, answer);
        let after = state.waiting.len();
        drop(state);
        drop((gone, replaced));
        if after > before && (after == 1 || after == MANY_WAITING) {
            News::Some
        } else {
            News::None
        }
    }

    /// An answer that is in memory.
    pub(super) fn find(&self, key: &K) -> Option<Arc<Answer<V>>> {
        let mut state = lock(&self.0);
        let State { recent, waiting, writing } = &mut *state;
        let found = recent.get(key).or_else(|| waiting.peek(key)).or_else(|| writing.peek(key));
        found.map(Arc::clone)
    }

    /// Keeps an answer at hand that was read from disk, unless there is one, which is later.
    pub(super) fn remember(&self, key: K, answer: Answer<V>) {
        let (key, answer) = (Arc::new(key), Arc::new(answer));
        let mut state = lock(&self.0);
        let is_known = state.recent.contains(&*key)
            || state.waiting.contains(&*key)
            || state.writing.contains(&*key);
        let gone = if is_known { None } else { state.recent.put(key, answer) };
        drop(state);
        drop(gone);
    }

    /// Whether so many answers wait that they are better written at once.
    pub(super) fn has_many(&self) -> bool {
        lock(&self.0).waiting.len() >= MANY_WAITING
    }

    /// The answers that are to be written. They can be found until [`written`](Self::written).
    pub(super) fn write(&self) -> Arc<Pile<K, V>> {
        let mut state = lock(&self.0);
        let writing = Arc::new(state.waiting.take());
        let before = std::mem::replace(&mut state.writing, Arc::clone(&writing));
        drop(state);
        drop(before);
        writing
    }

    /// From now on the disk can be asked for them.
    pub(super) fn written(&self) {
        let none = Arc::new(Shelf::new(0));
        let written = std::mem::replace(&mut lock(&self.0).writing, none);
        drop(written);
    }
}

impl<V> Answer<V> {
    pub(super) fn age(&self, now: Tick) -> Duration {
        now.since(self.since)
    }
}
