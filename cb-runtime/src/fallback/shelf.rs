//! A map with a bound.

use std::{borrow::Borrow, hash::Hash, hash::RandomState};

use lru::LruCache;

/// A map of at most so many entries: a new one takes the place of the one that was put or looked for
/// the longest ago. Takes memory for what is in it only.
///
/// Whoever holds a lock around it drops what comes out after the lock, as dropping may run code of the
/// user's.
pub(super) struct Shelf<K, V> {
    /// Bounded here and not there, where a bound reserves memory.
    entries: LruCache<K, V, RandomState>,
    capacity: usize,
}

impl<K: Hash + Eq, V> Shelf<K, V> {
    pub(super) fn new(capacity: usize) -> Self {
        Self { entries: LruCache::unbounded_with_hasher(RandomState::new()), capacity }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Gives back what had to go: what was there under this key, or else the oldest; with a capacity of
    /// none, what was given.
    #[must_use = "is dropped after the lock"]
    pub(super) fn put(&mut self, key: K, value: V) -> Option<(K, V)> {
        if self.capacity == 0 {
            return Some((key, value));
        }
        // Before and not after, so that there is never one too many.
        let oldest = if self.entries.len() >= self.capacity && !self.entries.contains(&key) {
            self.entries.pop_lru()
        } else {
            None
        };
        let replaced = self.entries.push(key, value);
        oldest.or(replaced)
    }

    pub(super) fn get<Q>(&mut self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.entries.get(key)
    }

    #[cfg(all(feature = "disk-cache", not(cb_loom)))]
    pub(super) fn contains<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.entries.contains(key)
    }

    /// The same without making it younger.
    #[cfg(all(feature = "disk-cache", not(cb_loom)))]
    pub(super) fn peek<Q>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.entries.peek(key)
    }

    #[must_use = "is dropped after the lock"]
    pub(super) fn remove<Q>(&mut self, key: &Q) -> Option<(K, V)>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.entries.pop_entry(key)
    }

    /// All that is in it; it is empty afterwards.
    #[cfg(all(feature = "disk-cache", not(cb_loom)))]
    pub(super) fn take(&mut self) -> Self {
        let capacity = self.capacity;
        std::mem::replace(self, Self::new(capacity))
    }

    /// From the oldest to the one that was put last.
    #[cfg(all(feature = "disk-cache", not(cb_loom)))]
    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.entries.iter().rev()
    }
}
