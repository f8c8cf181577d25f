//! Listening to the events of a registry's breakers.

use std::sync::Arc;

use super::Registry;
use crate::observe::{
    event::Event,
    hub::{Inbox, Missed},
};

/// A listener's events: of each breaker, in the order in which they happened.
///
/// No call and no breaker waits for a listener. It may be 16 384 events behind; then it misses those
/// that come, and is told how many.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use cb_runtime::{Config, Event, Registry, State};
///
/// let registry = Registry::new();
/// let mut events = registry.subscribe();
///
/// let breaker = registry.get_or_register("db", Config::builder().failure_threshold(1).build()?)?;
/// breaker.try_acquire()?.failure();
///
/// let event = events.recv().await?;
/// assert!(matches!(event, Event::Transition { to: State::Open, .. }));
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
#[derive(Debug)]
pub struct Subscription {
    registry: Registry,
    inbox: Inbox,
    with_calls: bool,
}

impl Subscription {
    pub(super) fn new(registry: Registry) -> Self {
        let inbox = registry.0.hub.subscribe();
        Self { registry, inbox, with_calls: false }
    }

    /// Asks for the events of single calls too ([`Event::CallRejected`], [`Event::CallRetried`],
    /// [`Event::StaleAnswerUsed`], [`Event::FallbackUsed`]), which are not made as long as nobody does.
    /// Each costs its call about a microsecond. Where they come from several threads at once, one of these
    /// tells of them all, of a thousand or two before it goes on; of those that come faster than that, some
    /// are missed.
    #[must_use]
    pub fn with_calls(mut self) -> Self {
        if !self.with_calls {
            self.with_calls = true;
            self.inbox.ask_for_calls();
            self.registry.tell_of_calls();
        }
        self
    }

    /// Waits for the next event. Dropped before it is ready, it loses none.
    ///
    /// # Errors
    /// [`Missed`] where events are missing before the next one.
    pub async fn recv(&mut self) -> Result<Event, Missed> {
        match self.inbox.recv().await {
            Some(next) => next.map(Arc::unwrap_or_clone),
            // The hub is gone: not while this holds the registry.
            None => std::future::pending().await,
        }
    }

    /// The next event, if one is waiting.
    ///
    /// # Errors
    /// [`Missed`] where events are missing before the next one.
    pub fn try_recv(&mut self) -> Result<Option<Event>, Missed> {
        let next = self.inbox.try_recv().transpose()?;
        Ok(next.map(Arc::unwrap_or_clone))
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.inbox.close();
        self.registry.0.hub.prune();
        if self.with_calls {
            self.registry.tell_of_calls();
        }
    }
}

#[cfg(all(test, not(cb_loom)))]
#[allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]
mod tests {
    use std::thread;

    use super::*;
    use crate::{Config, Rejection};

    #[test]
    fn of_calls_on_many_threads_each_is_told_of_or_counted_as_missed() {
        const CALLS: u64 = 20_000;
        let registry = Registry::new();
        let breaker = registry.get_or_register("db", Config::default()).unwrap();
        breaker.force_open();
        let mut events = registry.subscribe().with_calls();

        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..CALLS).for_each(|_| assert!(breaker.try_acquire().is_err())));
            }
        });

        let (mut told, mut missed) = (0, 0);
        loop {
            match events.try_recv() {
                Ok(Some(_)) => told += 1,
                Err(Missed { count, .. }) => missed += count,
                Ok(None) => break,
            }
        }
        assert_eq!(told + missed, 4 * CALLS, "{told} were told of");
    }

    /// As it is where another has gone, and gets to the breaker only when somebody has come since.
    #[test]
    fn who_tells_late_that_nobody_listens_makes_nobody_deaf() {
        let registry = Registry::new();
        let breaker = registry.get_or_register("db", Config::default()).unwrap();
        breaker.force_open();
        drop(registry.subscribe().with_calls());
        let mut events = registry.subscribe().with_calls();

        breaker.0.narrate();

        assert!(breaker.try_acquire().is_err());
        let told = events.try_recv().unwrap();
        assert!(matches!(told, Some(Event::CallRejected { reason: Rejection::ForcedOpen, .. })));

        drop(events);
        assert!(breaker.try_acquire().is_err());
        assert!(registry.subscribe().try_recv().unwrap().is_none());
    }
}
