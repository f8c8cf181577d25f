//! What a store of stale answers is.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

/// Where the last good answers are kept, to answer with while the service is down.
///
/// [`MemoryStore`](crate::MemoryStore) keeps them in memory; `DiskStore` (feature `disk-cache`) on disk
/// too, so that they survive a restart. A store of your own may share them among all instances of a
/// program: the example `stale_redis` does it with Redis.
///
/// A store may lose what it was given: it is the last resort, and without it there is an error or a
/// fallback. What it must not do:
///
/// - wait in [`put`](Self::put), which is on the way of every successful call;
/// - wait without a limit in [`get`](Self::get);
/// - answer with a value that was not put under this very key, or that is older than it says. An answer
///   that is damaged, that the program can no longer read, or whose age is not known is none.
///
/// ```
/// use std::{collections::HashMap, sync::Mutex, time::Duration};
///
/// use cb_runtime::{StaleAnswer, StaleStore};
/// use tokio::time::Instant;
///
/// /// Keeps every answer for as long as the program runs.
/// #[derive(Default)]
/// struct Everything(Mutex<HashMap<String, (Instant, f64)>>);
///
/// impl StaleStore<String, f64> for Everything {
///     fn put(&self, key: String, value: f64) {
///         self.0.lock().unwrap().insert(key, (Instant::now(), value));
///     }
///
///     async fn get(&self, key: &String) -> Option<StaleAnswer<f64>> {
///         let (stored, value) = *self.0.lock().unwrap().get(key)?;
///         Some(StaleAnswer::new(value, stored.elapsed()))
///     }
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let answers = Everything::default();
/// answers.put("bread".to_owned(), 2.5);
/// let answer = answers.get(&"bread".to_owned()).await.unwrap();
/// assert_eq!(answer.value, 2.5);
/// assert!(answer.age < Duration::from_secs(60));
/// # });
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no store of stale answers of type `{V}` under keys of type `{K}`",
    label = "`StaleStore<{K}, {V}>` is not implemented for `{Self}`",
    note = "a store is borrowed for the call: give a static, a field, or what a function returns that finds one"
)]
pub trait StaleStore<K, V>: Send + Sync {
    /// Keeps a value under a key, in the place of an older one.
    ///
    /// Must not wait: what takes time is for a task or a thread of the store's own.
    fn put(&self, key: K, value: V);

    /// The latest value under the key that the store still has, and how old it is. The caller decides
    /// whether that is too old.
    fn get(&self, key: &K) -> impl Future<Output = Option<StaleAnswer<V>>> + Send;
}

/// A value out of a store, and how long ago the service gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StaleAnswer<V> {
    /// What the service answered.
    pub value: V,
    /// How long ago that was.
    pub age: Duration,
}

impl<V> StaleAnswer<V> {
    /// A value of this age.
    pub fn new(value: V, age: Duration) -> Self {
        Self { value, age }
    }
}

#[diagnostic::do_not_recommend]
impl<K, V, S: StaleStore<K, V> + ?Sized> StaleStore<K, V> for &S {
    fn put(&self, key: K, value: V) {
        (**self).put(key, value);
    }

    fn get(&self, key: &K) -> impl Future<Output = Option<StaleAnswer<V>>> + Send {
        (**self).get(key)
    }
}

#[diagnostic::do_not_recommend]
impl<K, V, S: StaleStore<K, V> + ?Sized> StaleStore<K, V> for Arc<S> {
    fn put(&self, key: K, value: V) {
        (**self).put(key, value);
    }

    fn get(&self, key: &K) -> impl Future<Output = Option<StaleAnswer<V>>> + Send {
        (**self).get(key)
    }
}

/// Made when it is first needed, as a static may be.
#[diagnostic::do_not_recommend]
impl<K, V, S, F> StaleStore<K, V> for LazyLock<S, F>
where
    S: StaleStore<K, V>,
    F: FnOnce() -> S + Send,
{
    fn put(&self, key: K, value: V) {
        (**self).put(key, value);
    }

    fn get(&self, key: &K) -> impl Future<Output = Option<StaleAnswer<V>>> + Send {
        (**self).get(key)
    }
}

/// `None` keeps nothing and finds nothing: for a store that is there in some surroundings only.
#[diagnostic::do_not_recommend]
impl<K, V, S: StaleStore<K, V>> StaleStore<K, V> for Option<S> {
    fn put(&self, key: K, value: V) {
        if let Some(store) = self {
            store.put(key, value);
        }
    }

    fn get(&self, key: &K) -> impl Future<Output = Option<StaleAnswer<V>>> + Send {
        // Asked outside the block, which then holds no key, whose type need not be `Sync`.
        let asked = self.as_ref().map(|store| store.get(key));
        async move { asked?.await }
    }
}
