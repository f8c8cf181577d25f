//! What an expansion asks where the service gave no answer: for a stale one, or for that of a
//! registered fallback.

use std::{
    any::Any,
    hash::Hash,
    sync::OnceLock,
    time::Duration,
};

use super::{MemoryStore, StaleAnswer, StaleStore};
use crate::{breaker::core::Core, error::CircuitError, registry::registry};

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
        K: Hash + Eq + Send + Sync + 'static,
        V: Clone + Send + Sync + 'static,
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

impl<K, V> StaleStore<K, V> for Memories
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    fn put(&self, key: K, value: V) {
        self.of().put(key, value);
    }

    async fn get(&self, key: &K) -> Option<StaleAnswer<V>> {
        self.of().get(key).await
    }
}

/// Where one call may find a stale answer, and leave its own.
pub struct StaleAnswers<K, S> {
    key: K,
    store: S,
    max_age: Duration,
}

impl<K, S> StaleAnswers<K, S> {
    /// Answers of this key, no older than this.
    pub fn new(key: K, store: S, max_age: Duration) -> Self {
        Self { key, store, max_age }
    }
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

/// A value that can be kept to answer with it later.
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

/// Lets the compiler say of a type that it cannot be kept, where the type stands.
#[inline]
pub fn can_be_kept<V: StaleValue>() {}

/// Keeps another of an answer, if it is a good one.
pub fn keep_answer<How, K, S, R>(stale: Option<StaleAnswers<K, S>>, answer: R) -> R
where
    S: StaleStore<K, R::Value>,
    R: Good<How, Value: StaleValue>,
{
    if let (Some(stale), Some(good)) = (stale, answer.good()) {
        stale.store.put(stale.key, good.another());
    }
    answer
}

/// The stale answer in memory, if there is one that is young enough.
pub fn find<How, K, R>(
    stale: &Option<StaleAnswers<K, &'static Memories>>,
    core: &Core,
) -> Option<R>
where
    K: Hash + Eq + Send + Sync + 'static,
    R: Good<How, Value: Clone + Send + Sync + 'static>,
{
    let stale = stale.as_ref()?;
    let found = stale.store.of::<K, R::Value>().find(&stale.key, stale.max_age);
    used(found, stale.max_age, core)
}

/// The stale answer in a store that has to be waited for.
pub async fn look_up<How, K, S, R>(
    stale: &Option<StaleAnswers<K, S>>,
    core: &Core,
) -> Option<R>
where
    S: StaleStore<K, R::Value>,
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

/// A type of which a fallback may be registered.
pub trait Registered<How>: Sized {
    /// What the one for this kind of service answers, and whether that is a failure.
    fn registered(service_type: &str, error: &CircuitError) -> Option<(Self, bool)>;
}

#[diagnostic::do_not_recommend]
impl<T: 'static, E: 'static> Registered<ByOk> for Result<T, E> {
    fn registered(service_type: &str, error: &CircuitError) -> Option<(Self, bool)> {
        let answer = match registry().registered::<Self>(service_type) {
            Some(fallback) => fallback(error),
            None => Ok(registry().registered::<T>(service_type)?(error)),
        };
        let failed = answer.is_err();
        Some((answer, failed))
    }
}

#[diagnostic::do_not_recommend]
impl<T: 'static> Registered<ByWhole> for T {
    fn registered(service_type: &str, error: &CircuitError) -> Option<(Self, bool)> {
        Some((registry().registered::<Self>(service_type)?(error), false))
    }
}

/// A failure of the service, as a registered fallback is told of it.
pub fn failed(core: &Core, error: Option<Box<str>>) -> CircuitError {
    CircuitError::Failed { name: core.name().clone(), error }
}

/// What the fallback answers that is registered for the breaker's kind of service and this type, if
/// there is one.
pub fn registered<How, R: Registered<How>>(core: &Core, error: &CircuitError) -> Option<R> {
    let config = core.config();
    let service_type = config.service_type()?;
    let (answer, failed) = R::registered(service_type, error)?;
    core.count_fallback(failed);
    Some(answer)
}
