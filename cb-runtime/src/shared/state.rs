//! Where a registry's breakers are shared.

use std::{fmt, sync::Arc, thread};

use tokio::{
    runtime::{Builder, Handle},
    sync::mpsc,
};

use super::{
    error::SharedStateError,
    handle::SharedHandle,
    link::{Breakers, Link},
    memory::Exchange,
    office::Office,
    options::SharedOptions,
    redis::RedisStore,
    status::Status,
    store::Store,
};
use crate::{breaker::lease::Fellowship, observe::hub::Hub};

const WISHES: usize = 16;

/// Where breakers are shared with other instances of the program. A registry joins with
/// [`Registry::share`](crate::Registry::share).
///
/// Feature `redis`. What is promised, and what it costs, is in the guide
/// [`many_instances`](crate::guide::many_instances).
///
/// ```
/// # use std::time::Duration;
/// use cb_runtime::{Config, Exchange, Registry, SharedOptions, SharedState, State};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// // In a program, `SharedState::redis(address, options)`, and one registry in each instance.
/// let exchange = Exchange::new();
/// let (here, there) = (Registry::new(), Registry::new());
/// here.share(SharedState::in_memory(&exchange, SharedOptions::new())?)?;
/// there.share(SharedState::in_memory(&exchange, SharedOptions::new())?)?;
///
/// let config = Config::builder().failure_threshold(1).build()?;
/// here.get_or_register("db", config.clone())?.try_acquire()?.failure();
/// let other = there.get_or_register("db", config)?;
/// while other.state() != State::Open {
///     tokio::time::sleep(Duration::from_millis(1)).await;
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
pub struct SharedState {
    pub(super) at: At,
    pub(super) options: SharedOptions,
}

pub(super) enum At {
    Memory(Exchange),
    Redis(Box<RedisStore>),
}

impl fmt::Debug for SharedState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let store = match &self.at {
            At::Memory(exchange) => exchange.name(),
            At::Redis(redis) => redis.name(),
        };
        f.debug_struct("SharedState")
            .field("store", &store)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl SharedState {
    /// Shares with all that use this Redis and the [prefix](SharedOptions::prefix) in the options.
    ///
    /// Redis 6 or later: one server, `redis://USER:PASSWORD@HOST:PORT/DB` or `unix:///PATH`; one behind
    /// Sentinels, `redis+sentinel://HOST,HOST/SERVICE`; or a Cluster, `redis+cluster://HOST:PORT,HOST:PORT`. With
    /// `rediss` in the place of `redis`, over TLS, which is the feature `redis-tls`. The guide
    /// [`many_instances`](crate::guide::many_instances) has what each may hold. A password appears in no log and no
    /// error.
    ///
    /// Nothing is sent before a registry joins, and nobody need be there then: a Redis that is away, or refuses
    /// the password, is told of by [`Event::StoreDegraded`](crate::Event::StoreDegraded).
    ///
    /// # Errors
    /// [`SharedStateError`] for an address or an option that cannot be.
    pub fn redis(url: &str, options: SharedOptions) -> Result<Self, SharedStateError> {
        let options = options.check()?;
        Ok(Self { at: At::Redis(Box::new(RedisStore::new(url, &options)?)), options })
    }

    /// Shares with the registries of this process that meet at the same place.
    ///
    /// # Errors
    /// [`SharedStateError`] for an option that cannot be.
    pub fn in_memory(
        exchange: &Exchange,
        options: SharedOptions,
    ) -> Result<Self, SharedStateError> {
        Ok(Self { at: At::Memory(exchange.clone()), options: options.check()? })
    }

    /// Joins, with the breakers that tell `hub`.
    pub(crate) fn join(
        self,
        hub: &Hub,
        breakers: impl Breakers,
    ) -> Result<(SharedHandle, Arc<Status>), SharedStateError> {
        match self.at {
            At::Memory(exchange) => begin(exchange, self.options, hub, breakers, spawn_here),
            At::Redis(redis) => begin(*redis, self.options, hub, breakers, |task| {
                // On a thread of its own: so a program that keeps its runtime busy, or waits for a lease on
                // the runtime's only thread, does not wait for itself.
                on_a_thread(task)
            }),
        }
    }
}

fn begin<S: Store>(
    store: S,
    options: SharedOptions,
    hub: &Hub,
    breakers: impl Breakers,
    spawn: fn(Task) -> Result<(), SharedStateError>,
) -> Result<(SharedHandle, Arc<Status>), SharedStateError> {
    let status = Arc::new(Status::new(store.name(), options.instance.clone()));
    let (office, desk) = Office::new(&options, store.at_once());
    let office = Arc::new(office);
    let (to_wishes, wishes) = mpsc::channel(WISHES);
    let link = Link {
        store,
        breakers,
        inbox: hub.subscribe(),
        office: Arc::clone(&office),
        desk,
        wishes,
        status: Arc::clone(&status),
        options,
        runtime: Handle::try_current().ok(),
    };
    spawn(Box::pin(link.run()))?;
    hub.set_fellowship(Some(office as Arc<dyn Fellowship>));
    Ok((SharedHandle::new(to_wishes, Arc::clone(&status)), status))
}

type Task = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

fn spawn_here(task: Task) -> Result<(), SharedStateError> {
    match Handle::try_current() {
        Ok(runtime) => {
            drop(runtime.spawn(task));
            Ok(())
        }
        Err(_) => on_a_thread(task),
    }
}

fn on_a_thread(task: Task) -> Result<(), SharedStateError> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    thread::Builder::new()
        .name("circuit-breaker-shared".to_owned())
        .spawn(move || runtime.block_on(task))?;
    Ok(())
}
