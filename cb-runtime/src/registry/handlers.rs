//! Functions that are run when something happens to a breaker.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    sync::{Arc, Weak},
    task::{Context, Poll},
    thread,
};

use tokio::runtime::{Builder, Handle};

use super::{Registry, Shared, parent_and_key};
use crate::{
    breaker::{State, core::contain},
    observe::{
        event::Event,
        hub::Inbox,
        log,
        outcome::{HandlerOutcome, Sealed},
    },
    pattern::Pattern,
};

/// Which breakers a handler is for.
///
/// A text is a name, in which `*` stands for any number of any characters:
///
/// ```
/// # cb_runtime::Registry::new();
/// # use cb_runtime::Selector;
/// let _all = Selector::all();
/// let _of_one_program = Selector::from("web_app/*");
/// let _databases = Selector::service_type("database");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector(Choice);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Choice {
    Name(Pattern),
    ServiceType(String),
}

impl Selector {
    /// Every breaker.
    pub fn all() -> Self {
        Self::from("*")
    }

    /// The breakers of one kind of service.
    pub fn service_type(service_type: impl Into<String>) -> Self {
        Self(Choice::ServiceType(service_type.into()))
    }

    fn takes(&self, name: &str, registry: &Weak<Shared>) -> bool {
        match &self.0 {
            Choice::Name(pattern) => pattern.matches(name),
            Choice::ServiceType(wanted) => {
                registry.upgrade().is_some_and(|shared| Registry(shared).is_of_type(name, wanted))
            }
        }
    }
}

impl From<&str> for Selector {
    fn from(pattern: &str) -> Self {
        Self(Choice::Name(Pattern::new(pattern)))
    }
}

impl From<&String> for Selector {
    fn from(pattern: &String) -> Self {
        Self::from(pattern.as_str())
    }
}

impl From<String> for Selector {
    fn from(pattern: String) -> Self {
        Self(Choice::Name(Pattern::new(pattern)))
    }
}

impl Registry {
    fn is_of_type(&self, name: &str, wanted: &str) -> bool {
        if let Some(breaker) = self.get(name) {
            return breaker.config().service_type() == Some(wanted);
        }
        // A keyed one may have made room for another since: of its kind it was all the same.
        let family = parent_and_key(name).and_then(|(parent, _)| self.family(parent));
        family.is_some_and(|family| family.config().service_type() == Some(wanted))
    }

    /// Runs a function for each change of state of the chosen breakers from here on, with the
    /// [`Event::Transition`], one after the other and in order. Dry runs are told of too.
    ///
    /// It runs as a task of the present tokio runtime, or outside of one on a thread of its own; so
    /// no call waits for it, and it may call anything. If it panics or ends with an error, that is logged
    /// as an error with the breaker's name, and it is called again for the next event; other handlers
    /// do not notice. It may be 16 384 events behind before it misses any, which is logged too.
    /// It ends with its runtime, or with the registry and all its breakers, so long as it holds none
    /// of them itself; for something shorter, see [`subscribe`](Self::subscribe).
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// use cb_runtime::{Event, Selector, State, registry};
    ///
    /// registry().on_transition(Selector::all(), |event| async move {
    ///     if let Event::Transition { name, to: State::Open, reason, .. } = event {
    ///         println!("page somebody: {name} is down: {reason}");
    ///     }
    /// });
    /// # });
    /// ```
    pub fn on_transition<F, Fut>(&self, selector: impl Into<Selector>, handler: F)
    where
        F: Fn(Event) -> Fut + Send + 'static,
        Fut: Future<Output: HandlerOutcome> + Send + 'static,
    {
        self.on(selector, |_| true, handler);
    }

    /// Runs a function when one of the chosen breakers goes down, with the [`Event::Transition`]: when
    /// it ceases to be closed, by its own counts or because it was [forced
    /// open](crate::CircuitBreaker::force_open). It is run once for an outage, however often the breaker
    /// reopens before it is closed again. Dry runs are left out.
    ///
    /// It runs as a handler of [`on_transition`](Self::on_transition) does.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// use cb_runtime::{Event, Selector, registry};
    ///
    /// registry().on_degraded(Selector::service_type("database"), |event| async move {
    ///     println!("{} is down, reports are put off", event.name());
    /// });
    /// registry().on_recovered(Selector::service_type("database"), |event| async move {
    ///     println!("{} is back", event.name());
    /// });
    /// # });
    /// ```
    pub fn on_degraded<F, Fut>(&self, selector: impl Into<Selector>, handler: F)
    where
        F: Fn(Event) -> Fut + Send + 'static,
        Fut: Future<Output: HandlerOutcome> + Send + 'static,
    {
        self.on(selector, |change| change.from == State::Closed && !change.dry_run, handler);
    }

    /// Runs a function when one of the chosen breakers is up again, with the [`Event::Transition`]:
    /// when it becomes closed, because its probes succeeded or by an operator's hand
    /// ([`reset`](crate::CircuitBreaker::reset), [`resume`](crate::CircuitBreaker::resume),
    /// [`metrics_only`](crate::CircuitBreaker::metrics_only)). That of a breaker which was down before
    /// the handler was registered is told too. Dry runs are left out.
    ///
    /// A breaker that is [taken out](Self::remove) while it is down has not recovered by that: nothing is
    /// told of it unless those who hold it close it.
    ///
    /// It runs as a handler of [`on_transition`](Self::on_transition) does. For an example, see
    /// [`on_degraded`](Self::on_degraded).
    pub fn on_recovered<F, Fut>(&self, selector: impl Into<Selector>, handler: F)
    where
        F: Fn(Event) -> Fut + Send + 'static,
        Fut: Future<Output: HandlerOutcome> + Send + 'static,
    {
        self.on(selector, |change| change.to == State::Closed && !change.dry_run, handler);
    }

    /// Runs a function for those changes of state that are wanted.
    fn on<F, Fut>(&self, selector: impl Into<Selector>, wanted: fn(Changed) -> bool, handler: F)
    where
        F: Fn(Event) -> Fut + Send + 'static,
        Fut: Future<Output: HandlerOutcome> + Send + 'static,
    {
        let inbox = self.0.hub.subscribe();
        let (registry, selector) = (Arc::downgrade(&self.0), selector.into());
        let listening = listen(inbox, move |event| {
            let chosen =
                Changed::by(event).is_some_and(wanted) && selector.takes(event.name(), &registry);
            chosen.then(|| handler(event.clone()))
        });
        #[cfg(feature = "testing")]
        let listening = crate::testing::inherited(listening);
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(listening)),
            Err(_) => on_a_thread(listening),
        }
    }
}

/// Of a change of state, what decides who is told.
struct Changed {
    from: State,
    to: State,
    dry_run: bool,
}

impl Changed {
    fn by(event: &Event) -> Option<Self> {
        match *event {
            Event::Transition { from, to, dry_run, .. } => Some(Self { from, to, dry_run }),
            _ => None,
        }
    }
}

/// Hands on events until there can be no more. Whatever becomes of one, the next is handed on: a log that
/// panics is as little a reason to end as a handler that does.
async fn listen<Fut: Future<Output: HandlerOutcome>>(
    mut inbox: Inbox,
    handle: impl Fn(&Event) -> Option<Fut>,
) {
    while let Some(next) = inbox.recv().await {
        match next {
            Ok(event) => {
                let handled = match catch_unwind(AssertUnwindSafe(|| handle(&event))) {
                    Ok(Some(handling)) => Contained(pin!(handling)).await,
                    Ok(None) => Ok(()),
                    Err(_) => Err(Trouble::Panicked),
                };
                contain(|| match handled {
                    Ok(()) => {}
                    Err(Trouble::Panicked) => log::handler_panicked(event.whose()),
                    Err(Trouble::Failed(error)) => log::handler_failed(event.whose(), &error),
                });
            }
            Err(missed) => contain(|| log::handler_missed(missed)),
        }
    }
}

enum Trouble {
    Panicked,
    /// With this error's text.
    Failed(String),
}

/// A future whose panic is its output. The error that it ends with is the user's as well, and shown here.
struct Contained<'a, F>(Pin<&'a mut F>);

impl<F: Future<Output: HandlerOutcome>> Future for Contained<'_, F> {
    type Output = Result<(), Trouble>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let poll = || self.0.as_mut().poll(cx).map(Sealed::failure);
        match catch_unwind(AssertUnwindSafe(poll)) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(None)) => Poll::Ready(Ok(())),
            Ok(Poll::Ready(Some(error))) => Poll::Ready(Err(Trouble::Failed(error))),
            Err(_) => Poll::Ready(Err(Trouble::Panicked)),
        }
    }
}

fn on_a_thread(task: impl Future<Output = ()> + Send + 'static) {
    let thread = thread::Builder::new().name("circuit-breaker-handler".to_owned());
    let started = thread.spawn(|| match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(task),
        Err(problem) => log::no_handler(&problem),
    });
    if let Err(problem) = started {
        log::no_handler(&problem);
    }
}
