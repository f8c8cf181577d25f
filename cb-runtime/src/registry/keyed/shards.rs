//! The breakers of one name by key, and when each was used last.
//!
//! Spread over maps with a lock each, so that a call waits at most for another that puts a breaker
//! into the same map or takes one out, which is done in well under a microsecond.

use std::{
    borrow::Borrow,
    collections::HashMap,
    hash::{BuildHasher, BuildHasherDefault, Hash, Hasher, RandomState},
    sync::Arc,
};

use crate::{
    breaker::{CircuitBreaker, core::Core, stakes::Stakes},
    name::Name,
    primitive::{AtomicU64, Ordering, RwLock, read, write},
};

#[cfg(not(cb_loom))]
const SHARDS: usize = 64;
#[cfg(cb_loom)]
const SHARDS: usize = 1;

pub(super) struct Shards {
    all: [Shard; SHARDS],
    /// Keys come from outside: nobody is to know which of them meet in one place.
    hashing: RandomState,
    clock: Clock,
}

/// In a cache line of its own, as is its neighbour.
#[derive(Default)]
#[repr(align(64))]
struct Shard(RwLock<HashMap<Key, Entry, BuildHasherDefault<HashedBefore>>>);

/// Counts uses. Two keys are never used at the same time by it, which is why there is always one that
/// has been idle for the longest.
#[derive(Default)]
#[repr(align(64))]
struct Clock(AtomicU64);

struct Entry {
    breaker: CircuitBreaker,
    last_used: AtomicU64,
}

/// Where a breaker is, for those who have to come back for it.
#[derive(Clone)]
pub(super) struct Key {
    hash: u64,
    name: Name,
}

/// A key that is looked for, hashed once for the choice of the map and the place in it.
pub(super) struct Wanted<'a> {
    hash: u64,
    key: &'a [u8],
}

/// What became of the attempt to take out a breaker.
pub(super) enum Leaving {
    Left(CircuitBreaker),
    UsedSince(u64),
    Stays(Stakes),
    NotThere,
}

impl Shards {
    pub(super) fn new() -> Self {
        Self {
            all: std::array::from_fn(|_| Shard::default()),
            hashing: RandomState::new(),
            clock: Clock::default(),
        }
    }

    #[inline]
    pub(super) fn wanted<'a>(&self, key: &'a [u8]) -> Wanted<'a> {
        let mut hasher = self.hashing.build_hasher();
        hasher.write(key);
        Wanted { hash: hasher.finish(), key }
    }

    #[inline]
    fn shard(&self, hash: u64) -> &Shard {
        // The map finds its place by the highest and the lowest bits.
        let at = (hash >> 32) % SHARDS as u64;
        &self.all[usize::try_from(at).unwrap_or_default()]
    }

    /// The breaker for a call, which is a use of it.
    #[inline]
    pub(super) fn use_one(&self, wanted: &Wanted<'_>) -> Option<Arc<Core>> {
        let shard = read(&self.shard(wanted.hash).0);
        let entry = shard.get(wanted as &dyn Lookup)?;
        self.clock.stamp(&entry.last_used);
        Some(Arc::clone(&entry.breaker.0))
    }

    /// The breaker for somebody who looks at it.
    pub(super) fn get(&self, wanted: &Wanted<'_>) -> Option<CircuitBreaker> {
        let shard = read(&self.shard(wanted.hash).0);
        shard.get(wanted as &dyn Lookup).map(|entry| entry.breaker.clone())
    }

    /// Puts in a breaker that is not there yet. Returns where, and the time of this, its first use.
    pub(super) fn insert(&self, wanted: &Wanted<'_>, breaker: CircuitBreaker) -> (Key, u64) {
        let key = Key { hash: wanted.hash, name: breaker.0.name().clone() };
        let now = self.clock.tick();
        let entry = Entry { breaker, last_used: AtomicU64::new(now) };
        write(&self.shard(wanted.hash).0).insert(key.clone(), entry);
        (key, now)
    }

    pub(super) fn remove(&self, wanted: &Wanted<'_>) -> Option<CircuitBreaker> {
        let mut shard = write(&self.shard(wanted.hash).0);
        let entry = shard.remove(wanted as &dyn Lookup)?;
        drop(shard);
        entry.breaker.0.detach();
        Some(entry.breaker)
    }

    /// Takes out a breaker if it has been idle since, and if no more than this would be lost with it.
    pub(super) fn leave(&self, key: &Key, idle_since: u64, most: Stakes) -> Leaving {
        // Uses are noted under the same lock, so there is none between the question and the answer.
        let mut shard = write(&self.shard(key.hash).0);
        let Some(entry) = shard.get(key) else { return Leaving::NotThere };
        let last_used = entry.last_used.load(Ordering::Relaxed);
        if last_used > idle_since {
            return Leaving::UsedSince(last_used);
        }
        if let Err(stakes) = entry.breaker.0.detach_within(most) {
            return Leaving::Stays(stakes);
        }
        shard.remove(key).map_or(Leaving::NotThere, |entry| Leaving::Left(entry.breaker))
    }

    /// What would be lost with a breaker, and when it was used last.
    pub(super) fn stakes(&self, key: &Key) -> Option<(Stakes, u64)> {
        let shard = read(&self.shard(key.hash).0);
        let entry = shard.get(key)?;
        Some((entry.breaker.0.stakes(), entry.last_used.load(Ordering::Relaxed)))
    }

    /// All breakers, in no order. Between two of the maps, others may come and go.
    pub(super) fn all(&self) -> Vec<CircuitBreaker> {
        let mut all = Vec::new();
        for shard in &self.all {
            all.extend(read(&shard.0).values().map(|entry| entry.breaker.clone()));
        }
        all
    }
}

impl Clock {
    fn tick(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Notes that something is used now, unless it was the last that was.
    #[inline]
    fn stamp(&self, last_used: &AtomicU64) {
        if last_used.load(Ordering::Relaxed) != self.0.load(Ordering::Relaxed) {
            // Of two threads that use it at once, the later one's time stands.
            last_used.fetch_max(self.tick(), Ordering::Relaxed);
        }
    }
}

impl Key {
    fn key(&self) -> &str {
        self.name.parent_and_key().map_or("", |(_, key)| key)
    }
}

impl Wanted<'_> {
    pub(super) fn is(&self, key: &Key) -> bool {
        self as &dyn Lookup == key as &dyn Lookup
    }
}

/// A key that was hashed before, whoever owns its text: what the maps look it up by.
trait Lookup {
    fn hash(&self) -> u64;
    fn key(&self) -> &[u8];
}

impl Lookup for Key {
    fn hash(&self) -> u64 {
        self.hash
    }

    fn key(&self) -> &[u8] {
        Self::key(self).as_bytes()
    }
}

impl Lookup for Wanted<'_> {
    fn hash(&self) -> u64 {
        self.hash
    }

    fn key(&self) -> &[u8] {
        self.key
    }
}

impl PartialEq for dyn Lookup + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.hash() == other.hash() && self.key() == other.key()
    }
}

impl Eq for dyn Lookup + '_ {}

impl Hash for dyn Lookup + '_ {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(Lookup::hash(self));
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self as &dyn Lookup == other as &dyn Lookup
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl<'a> Borrow<dyn Lookup + 'a> for Key {
    fn borrow(&self) -> &(dyn Lookup + 'a) {
        self
    }
}

/// Hands on the hash that a key brings along.
#[derive(Default)]
struct HashedBefore(u64);

impl Hasher for HashedBefore {
    fn write(&mut self, bytes: &[u8]) {
        // Keys write one number; this is for completeness.
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
