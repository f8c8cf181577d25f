//! Fallbacks that a program registers for a whole kind of service.

use std::{
    any::{Any, TypeId, type_name},
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::Registry;
use crate::{
    breaker::core::contain,
    error::CircuitError,
    name::Name,
    observe::log,
    primitive::{Mutex, RwLock, lock, read, write},
};

/// Makes an answer of the cause.
pub(crate) type Make<T> = dyn Fn(&CircuitError) -> T + Send + Sync;

/// The fallbacks, and those that were wanted and not there.
#[derive(Default)]
pub(super) struct Fallbacks {
    registered: Registered,
    missed: Mutex<BTreeSet<(TypeId, String)>>,
}

/// The fallbacks by the type of their answer.
#[derive(Default)]
struct Registered(RwLock<BTreeMap<TypeId, ByServiceType>>);

/// Each is an `Arc<Make<T>>` for the type of answer that it lies under.
type ByServiceType = BTreeMap<String, Box<dyn Any + Send + Sync>>;

impl Registered {
    /// Puts a fallback in the place of the one that was there.
    fn put<T: 'static>(&self, service_type: String, make: Arc<Make<T>>) {
        let replaced = write(&self.0)
            .entry(TypeId::of::<T>())
            .or_default()
            .insert(service_type, Box::new(make));
        // Now, and not under the lock: what it holds is the user's, and may do anything when it goes.
        drop(replaced);
    }

    fn get<T: 'static>(&self, service_type: &str) -> Option<Arc<Make<T>>> {
        let registered = read(&self.0);
        let found = registered.get(&TypeId::of::<T>())?.get(service_type)?;
        found.downcast_ref::<Arc<Make<T>>>().cloned()
    }
}

impl Registry {
    /// Provides a fallback for every function of one service type that returns a `T`, or a `Result`
    /// with a `T`, and has no fallback of its own. A later one for the same service type and `T` takes
    /// its place.
    ///
    /// It is told why the service did not answer; a failure of the service itself as
    /// [`CircuitError::Failed`]. It is a plain function, since what it makes is to be at hand: it must
    /// not wait.
    ///
    /// ```
    /// use cb_runtime::{CircuitError, registry};
    ///
    /// registry().register_fallback::<Vec<String>>("search", |_| Vec::new());
    /// registry().register_fallback::<anyhow::Result<f64>>("prices", |cause| match cause {
    ///     CircuitError::Failed { failure, .. } => anyhow::bail!("no price: {:?}", failure.error()),
    ///     _ => Ok(9.5),
    /// });
    /// ```
    pub fn register_fallback<T: 'static>(
        &self,
        service_type: impl Into<String>,
        make: impl Fn(&CircuitError) -> T + Send + Sync + 'static,
    ) {
        self.0.fallbacks.registered.put::<T>(service_type.into(), Arc::new(make));
    }

    /// Says in the log, once for each kind of service and answer, that no fallback is registered where
    /// one is wanted.
    pub(crate) fn miss_fallback<T: 'static>(&self, name: &Name, service_type: Option<&str>) {
        let wanted = (TypeId::of::<T>(), service_type.unwrap_or_default().to_owned());
        if lock(&self.0.fallbacks.missed).insert(wanted) {
            contain(|| log::no_fallback(name, service_type, type_name::<T>()));
        }
    }

    /// The fallback that is registered for this service type and type of answer.
    pub(crate) fn registered<T: 'static>(&self, service_type: &str) -> Option<Arc<Make<T>>> {
        self.0.fallbacks.registered.get(service_type)
    }
}

#[cfg(all(test, not(cb_loom)))]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::error::Failure;

    fn cause() -> CircuitError {
        CircuitError::Failed { failure: Failure::new(&Name::literal("orders"), Some("refused")) }
    }

    fn answer<T: 'static>(registry: &Registry, service_type: &str) -> Option<T> {
        registry.registered::<T>(service_type).map(|make| make(&cause()))
    }

    #[test]
    fn a_fallback_is_found_by_its_service_type_and_the_type_of_its_answer() {
        let registry = Registry::new();
        registry.register_fallback::<u32>("search", |_| 7);
        registry.register_fallback::<String>("search", ToString::to_string);
        registry.register_fallback::<u32>("cache", |_| 8);

        assert_eq!(answer::<u32>(&registry, "search"), Some(7));
        let text = "the call through circuit breaker `orders` failed: refused";
        assert_eq!(answer::<String>(&registry, "search").as_deref(), Some(text));
        assert_eq!(answer::<u32>(&registry, "cache"), Some(8));
        assert_eq!(answer::<u64>(&registry, "search"), None);
        assert_eq!(answer::<u32>(&registry, "database"), None);
        assert_eq!(answer::<u32>(&Registry::new(), "search"), None, "of another registry");
    }

    #[test]
    fn a_later_fallback_takes_the_place_of_the_earlier() {
        let registry = Registry::new();
        registry.register_fallback("search", |_| 1_u32);
        let first = registry.registered::<u32>("search");

        registry.register_fallback("search", |_| 2_u32);

        assert_eq!(answer::<u32>(&registry, "search"), Some(2));
        assert_eq!(first.map(|make| make(&cause())), Some(1), "who holds it may use it still");
    }

    #[test]
    fn a_fallback_may_use_the_registry_when_it_is_asked_and_when_it_goes() {
        static GONE: AtomicBool = AtomicBool::new(false);

        struct Holder(Registry);

        impl Drop for Holder {
            fn drop(&mut self) {
                // Both would wait for ever if a lock were held.
                self.0.register_fallback("search", |_| 3_u64);
                GONE.store(answer::<u32>(&self.0, "search") == Some(2), Ordering::Relaxed);
            }
        }

        let registry = Registry::new();
        let holder = Holder(registry.clone());
        registry.register_fallback::<u32>("search", move |_| {
            answer::<u32>(&holder.0, "elsewhere").unwrap_or(1)
        });
        assert_eq!(answer::<u32>(&registry, "search"), Some(1));

        registry.register_fallback::<u32>("search", |_| 2);

        assert!(GONE.load(Ordering::Relaxed));
        assert_eq!(answer::<u64>(&registry, "search"), Some(3));
    }
}
