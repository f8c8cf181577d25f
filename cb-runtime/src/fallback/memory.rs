//! Stale answers in memory.

use std::{fmt, future, hash::Hash, sync::Arc, time::Duration};

use super::{
    shelf::Shelf,
    stale::{StaleAnswer, StaleStore},
};
use crate::{
    clock::Tick,
    primitive::{Mutex, lock},
};

/// Keeps the last good answers in memory, at most `capacity` of them.
///
/// A new key takes the place of the one that was put or found the longest ago. An answer that
/// is too old is dropped when it is looked for. Time is tokio's, so that a paused clock drives the ages.
///
/// All takes a lock for some tens of nanoseconds; values are cloned, and dropped, outside of it.
///
/// ```
/// use std::time::Duration;
///
/// use cb_runtime::MemoryStore;
///
/// let answers = MemoryStore::new(2);
/// for (article, price) in [("bread", 2.5), ("milk", 1.1), ("salt", 0.5)] {
///     answers.keep(article, price);
/// }
///
/// let hour = Duration::from_secs(3_600);
/// assert_eq!(answers.find(&"salt", hour).unwrap().value, 0.5);
/// assert!(answers.find(&"bread", hour).is_none(), "it was the oldest of three");
/// ```
pub struct MemoryStore<K, V> {
    kept: Mutex<Shelf<K, Arc<Kept<V>>>>,
    capacity: u32,
}

/// Shared with the store for the time of a clone.
struct Kept<V> {
    value: V,
    since: Tick,
}

impl<K: Hash + Eq, V> MemoryStore<K, V> {
    /// A store for at most this many answers. It takes memory for those that are there; one of no
    /// capacity keeps nothing.
    pub fn new(capacity: u32) -> Self {
        let shelf = Shelf::new(usize::try_from(capacity).unwrap_or(usize::MAX));
        Self { kept: Mutex::new(shelf), capacity }
    }

    /// How many answers it may hold.
    pub fn capacity(&self) -> u32 {
        self.capacity
    }

    /// How many answers it holds, those among them that are too old.
    pub fn len(&self) -> usize {
        lock(&self.kept).len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Keeps a value under a key, in the place of an older one.
    pub fn keep(&self, key: K, value: V) {
        let kept = Arc::new(Kept { value, since: Tick::now() });
        let gone = lock(&self.kept).put(key, kept);
        drop(gone);
    }
}

impl<K: Hash + Eq, V: Clone> MemoryStore<K, V> {
    /// The latest value under a key, if it is not older than `max_age`. One that is older is dropped.
    pub fn find(&self, key: &K, max_age: Duration) -> Option<StaleAnswer<V>> {
        self.find_with(key, max_age, V::clone)
    }
}

impl<K: Hash + Eq, V> MemoryStore<K, V> {
    /// The same for a type of which only the caller knows how to make another.
    pub(super) fn find_with(
        &self,
        key: &K,
        max_age: Duration,
        another: impl FnOnce(&V) -> V,
    ) -> Option<StaleAnswer<V>> {
        // Read before the lock, so that a value which is put at this moment is not from the future.
        let now = Tick::now();
        let (kept, gone) = {
            let mut entries = lock(&self.kept);
            let kept = entries.get(key).map(Arc::clone)?;
            let gone = if now.since(kept.since) > max_age { entries.remove(key) } else { None };
            (kept, gone)
        };
        match gone {
            Some(_) => None,
            None => Some(StaleAnswer::new(another(&kept.value), now.since(kept.since))),
        }
    }
}

#[diagnostic::do_not_recommend]
impl<K, V> StaleStore<K, V> for MemoryStore<K, V>
where
    K: Hash + Eq + Send,
    V: Clone + Send + Sync,
{
    fn put(&self, key: K, value: V) {
        self.keep(key, value);
    }

    fn get(&self, key: &K) -> impl Future<Output = Option<StaleAnswer<V>>> + Send {
        future::ready(self.find(key, Duration::MAX))
    }
}

impl<K: Hash + Eq, V> fmt::Debug for MemoryStore<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("capacity", &self.capacity)
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}
