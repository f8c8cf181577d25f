//! How one call keeps its answer, or finds one that an earlier call has kept.

use std::{any::Any, hash::Hash, pin::Pin, sync::OnceLock, time::Duration};

use super::{MemoryStore, StaleAnswer, StaleStore};
use crate::{breaker::core::Core, isolation};

/// A function's stale answers in memory: one store for each pair of types, of which only a generic
/// function has several.
pub struct Memories {
    capacity: u32,
    first: OnceLock<Box<Memory>>,
}

struct Memory {
    store: Box<dyn Any + Send + Sync>,
    next: OnceLock<Box<Memory>>,
}

impl Memories {
    /// Room for so many answers of each kind.
    pub const fn new(capacity: u32) -> Self {
        Self { capacity, first: OnceLock::new() }
    }

    fn of<K, V>(&self) -> &MemoryStore<K, V>
    where
        K: Hash + Eq + Send + 'static,
        V: Send + Sync + 'static,
    {
        let mut place = &self.first;
        loop {
            let memory = place.get_or_init(|| {
                let store: MemoryStore<K, V> = MemoryStore::new(self.capacity);
                Box::new(Memory { store: Box::new(store), next: OnceLock::new() })
            });
            match memory.store.downcast_ref() {
                Some(store) => return store,
                None => place = &memory.next,
            }
        }
    }
}

/// Where one call may find a stale answer, and leave its own.
pub struct StaleAnswers<K, S> {
    key: K,
    store: S,
    max_age: Duration,
}

/// Where one call may find a stale answer in memory.
type InMemory<K, V> = StaleAnswers<K, &'static MemoryStore<K, V>>;

/// Answers of this key in memory, no older than this.
pub fn in_memory<K, V>(key: K, memories: &'static Memories, max_age: Duration) -> InMemory<K, V>
where
    K: Hash + Eq + Send + 'static,
    V: SharedValue,
{
    let memories = isolation::here(memories, || Memories::new(memories.capacity));
    StaleAnswers { key, store: memories.of(), max_age }
}

/// Any store, for all that is done with it but asking whether it is one.
pub trait AnyStore<K, V>: Send + Sync {
    /// Keeps a value.
    fn put(&self, key: K, value: V);

    /// Finds one.
    fn get<'a>(&'a self, key: &'a K) -> Found<'a, V>;
}

type Found<'a, V> = Pin<Box<dyn Future<Output = Option<StaleAnswer<V>>> + Send + 'a>>;

impl<K, V: 'static, S: StaleStore<K, V>> AnyStore<K, V> for S {
    fn put(&self, key: K, value: V) {
        StaleStore::put(self, key, value);
    }

    fn get<'a>(&'a self, key: &'a K) -> Found<'a, V> {
        Box::pin(StaleStore::get(self, key))
    }
}

/// Where one call may find a stale answer in a store of the user's.
type InStore<'a, K, V> = StaleAnswers<K, &'a dyn AnyStore<K, V>>;

/// Answers of this key in a store, no older than this.
pub fn in_store<K, V, S>(key: K, store: &S, max_age: Duration) -> InStore<'_, K, V>
where
    S: StaleStore<K, V>,
    V: 'static,
{
    StaleAnswers { key, store, max_age }
}

/// The good part of a returned value is that in the `Ok`.
pub struct ByOk;

/// The good part of a returned value is all of it.
pub struct ByWhole;

/// A returned value with a good part in it.
pub trait Good<How>: Sized {
    /// The good part.
    type Value;

    /// The good part, where the value has one.
    fn good(&self) -> Option<&Self::Value>;

    /// What is returned.
    fn of(good: Self::Value) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T, E> Good<ByOk> for Result<T, E> {
    type Value = T;

    fn good(&self) -> Option<&T> {
        self.as_ref().ok()
    }

    fn of(good: T) -> Self {
        Ok(good)
    }
}

#[diagnostic::do_not_recommend]
impl<T> Good<ByWhole> for T {
    type Value = T;

    fn good(&self) -> Option<&T> {
        Some(self)
    }

    fn of(good: T) -> Self {
        good
    }
}

/// A value of which another can be kept to answer with it later.
#[diagnostic::on_unimplemented(
    message = "`stale_if_error` keeps a clone of each answer, but `{Self}` is not `Clone`",
    label = "`{Self}` is not `Clone`",
    note = "either make its type `Clone`, or return it in an `Arc`"
)]
pub trait StaleValue: Sized {
    /// Another of the same value.
    #[must_use]
    fn another(&self) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Clone> StaleValue for T {
    fn another(&self) -> Self {
        self.clone()
    }
}

/// A value that one call may leave in memory for another.
#[diagnostic::on_unimplemented(
    message = "`stale_if_error` keeps answers for calls on other threads, but `{Self}` cannot be shared with them",
    label = "`{Self}` is not `Send` and `Sync`",
    note = "return a value that is, with an `Arc` in the place of an `Rc` and a `Mutex` in that of a `Cell`"
)]
pub trait SharedValue: Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Send + Sync + 'static> SharedValue for T {}

/// Makes another of a value.
///
/// It is given to those below, who ask nothing of the type: so what is said of it is said once.
pub fn another<V: StaleValue>(value: &V) -> V {
    value.another()
}

/// Keeps another of an answer in memory, if it is a good one.
pub fn keep_in_memory<How, K, R>(
    stale: Option<InMemory<K, R::Value>>,
    answer: R,
    another: fn(&R::Value) -> R::Value,
) -> R
where
    K: Hash + Eq,
    R: Good<How>,
{
    if let (Some(stale), Some(good)) = (stale, answer.good()) {
        stale.store.keep(stale.key, another(good));
    }
    answer
}

/// Keeps another of an answer in a store, if it is a good one.
pub fn keep<How, K, R>(
    stale: Option<InStore<'_, K, R::Value>>,
    answer: R,
    another: fn(&R::Value) -> R::Value,
) -> R
where
    R: Good<How>,
{
    if let (Some(stale), Some(good)) = (stale, answer.good()) {
        stale.store.put(stale.key, another(good));
    }
    answer
}

/// The stale answer in memory, if there is one that is young enough.
#[allow(clippy::ref_option, reason = "what the expansion has")]
pub fn find<How, K, R>(
    stale: &Option<InMemory<K, R::Value>>,
    core: &Core,
    another: fn(&R::Value) -> R::Value,
) -> Option<R>
where
    K: Hash + Eq,
    R: Good<How>,
{
    let stale = stale.as_ref()?;
    let found = stale.store.find_with(&stale.key, stale.max_age, another);
    used(found, stale.max_age, core)
}

/// The stale answer in a store that has to be waited for.
#[allow(clippy::ref_option, reason = "what the expansion has")]
pub async fn look_up<How, K, R>(stale: &Option<InStore<'_, K, R::Value>>, core: &Core) -> Option<R>
where
    R: Good<How>,
{
    let stale = stale.as_ref()?;
    used(stale.store.get(&stale.key).await, stale.max_age, core)
}

fn used<How, R: Good<How>>(
    found: Option<StaleAnswer<R::Value>>,
    max_age: Duration,
    core: &Core,
) -> Option<R> {
    let StaleAnswer { value, age } = found?;
    if age > max_age {
        return None;
    }
    core.count_stale_answer(age);
    Some(R::of(value))
}
