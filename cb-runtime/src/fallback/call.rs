//! How one call keeps its answer, or finds one that an earlier call has kept.
//!
//! A panic in the user's code that is run for it (the answer's `Clone`, the key's `Hash` and `Eq`, a
//! store of the user's own) is as if there were no store: the call has an answer, or goes on without.

use std::{
    any::{Any, type_name_of_val},
    future::poll_fn,
    hash::Hash,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::OnceLock,
    task::Poll,
    time::Duration,
};

use super::{MemoryStore, StaleAnswer, StaleStore};
use crate::{
    breaker::core::{Core, contain},
    isolation,
};

/// A function's stale answers in memory: one store for each set of types, of which only a generic
/// function has several.
pub struct Memories {
    capacity: u32,
    first: OnceLock<Box<Memory>>,
}

struct Memory {
    /// The function with its type parameters: two that differ in them alone answer differently.
    whose: &'static str,
    store: Box<dyn Any + Send + Sync>,
    next: OnceLock<Box<Memory>>,
}

/// The memories, seen from a function with these type parameters.
#[derive(Clone, Copy)]
pub struct MemoriesOf {
    memories: &'static Memories,
    whose: &'static str,
}

impl Memories {
    /// Room for so many answers of each kind.
    pub const fn new(capacity: u32) -> Self {
        Self { capacity, first: OnceLock::new() }
    }

    /// Those of the function in which the closure stands, whose type names all type parameters around
    /// it, those of an `impl` among them.
    pub fn seen_from<F: FnOnce()>(&'static self, here: F) -> MemoriesOf {
        MemoriesOf { memories: self, whose: type_name_of_val(&here) }
    }

    fn of<K, V>(&self, whose: &'static str) -> &MemoryStore<K, V>
    where
        K: Hash + Eq + Send + 'static,
        V: Send + Sync + 'static,
    {
        let mut place = &self.first;
        loop {
            let memory = place.get_or_init(|| {
                let store: MemoryStore<K, V> = MemoryStore::new(self.capacity);
                Box::new(Memory { whose, store: Box::new(store), next: OnceLock::new() })
            });
            if memory.whose == whose
                && let Some(store) = memory.store.downcast_ref()
            {
                return store;
            }
            place = &memory.next;
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
pub fn in_memory<K, V>(key: K, memories: MemoriesOf, max_age: Duration) -> InMemory<K, V>
where
    K: Hash + Eq + Send + 'static,
    V: SharedValue,
{
    let MemoriesOf { memories, whose } = memories;
    let memories = isolation::here(memories, || Memories::new(memories.capacity));
    StaleAnswers { key, store: memories.of(whose), max_age }
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
/// It is given to those below, as is what tells the good part of a returned value, and what makes a
/// returned value of one: they ask nothing of the types, so that what is said of a type is said once.
pub fn another<V: StaleValue>(value: &V) -> V {
    value.another()
}

/// Keeps another of an answer in memory, if it is a good one.
pub fn keep_in_memory<K: Hash + Eq, V, R>(
    stale: Option<InMemory<K, V>>,
    answer: R,
    good: fn(&R) -> Option<&V>,
    another: fn(&V) -> V,
) -> R {
    if let (Some(stale), Some(good)) = (stale, good(&answer)) {
        contain(|| stale.store.keep(stale.key, another(good)));
    }
    answer
}

/// Keeps another of an answer in a store, if it is a good one.
pub fn keep<K, V, R>(
    stale: Option<InStore<'_, K, V>>,
    answer: R,
    good: fn(&R) -> Option<&V>,
    another: fn(&V) -> V,
) -> R {
    if let (Some(stale), Some(good)) = (stale, good(&answer)) {
        contain(|| stale.store.put(stale.key, another(good)));
    }
    answer
}

/// The stale answer in memory, if there is one that is young enough.
#[allow(clippy::ref_option, reason = "what the expansion has")]
pub fn find<K: Hash + Eq, V>(
    stale: &Option<InMemory<K, V>>,
    core: &Core,
    another: fn(&V) -> V,
) -> Option<V> {
    let stale = stale.as_ref()?;
    let find = || stale.store.find_with(&stale.key, stale.max_age, another);
    let found = catch_unwind(AssertUnwindSafe(find)).ok()?;
    used(found, stale.max_age, core)
}

/// The stale answer in a store that has to be waited for.
#[allow(clippy::ref_option, reason = "what the expansion has")]
pub async fn look_up<K, V>(stale: &Option<InStore<'_, K, V>>, core: &Core) -> Option<V> {
    let stale = stale.as_ref()?;
    let mut found = catch_unwind(AssertUnwindSafe(|| stale.store.get(&stale.key))).ok()?;
    let found = poll_fn(|cx| {
        let polled = catch_unwind(AssertUnwindSafe(|| found.as_mut().poll(cx)));
        polled.unwrap_or(Poll::Ready(None))
    });
    used(found.await, stale.max_age, core)
}

fn used<V>(found: Option<StaleAnswer<V>>, max_age: Duration, core: &Core) -> Option<V> {
    let StaleAnswer { value, age } = found?;
    if age > max_age {
        return None;
    }
    core.count_stale_answer(age);
    Some(value)
}
