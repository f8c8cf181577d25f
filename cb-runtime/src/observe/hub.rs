//! Where the breakers of a registry tell their events, and those who listen get them.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use tokio::{
    sync::mpsc::{
        self,
        error::{TryRecvError, TrySendError},
    },
    task::coop::consume_budget,
};

use super::event::Event;
#[cfg(feature = "redis")]
use crate::breaker::lease::Fellowship;

/// So many events wait for one listener; what comes while they do is missed.
const WAITING: usize = 16_384;

/// The listeners of one registry.
#[derive(Default)]
pub(crate) struct Hub {
    /// Taken as a whole before anything is told, so that no lock is held while a listener is woken.
    listeners: Mutex<Arc<[Listener]>>,
    /// Who shares the breakers with other instances of the program.
    #[cfg(feature = "redis")]
    fellowship: Mutex<Option<Arc<dyn Fellowship>>>,
}

#[derive(Clone)]
struct Listener {
    to: mpsc::Sender<Told>,
    ledger: Arc<Ledger>,
}

/// What both ends of a listener know.
#[derive(Default)]
struct Ledger {
    missed: AtomicU64,
    with_calls: AtomicBool,
}

/// An event, and how many the listener has missed before it.
struct Told {
    event: Arc<Event>,
    missed: u64,
}

/// One listener's end.
pub(crate) struct Inbox {
    events: mpsc::Receiver<Told>,
    ledger: Arc<Ledger>,
    /// An event that comes after what was missed.
    next: Option<Arc<Event>>,
}

/// So many events are lost to a listener: they came while 16 384 were waiting for it or, of single calls,
/// faster than one thread can tell of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{count} events were missed, because too many were waiting")]
#[non_exhaustive]
pub struct Missed {
    /// How many.
    pub count: u64,
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox").field("waiting", &self.events.len()).finish_non_exhaustive()
    }
}

impl Hub {
    fn listeners(&self) -> Arc<[Listener]> {
        Arc::clone(&self.listeners.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn update(&self, more: Option<Listener>) {
        let mut listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        let open = listeners.iter().filter(|listener| !listener.to.is_closed()).cloned();
        *listeners = open.chain(more).collect();
    }

    /// Who shares the breakers with other instances of the program, if anybody.
    #[cfg(feature = "redis")]
    pub(crate) fn fellowship(&self) -> Option<Arc<dyn Fellowship>> {
        self.fellowship.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From here on this one does, or nobody.
    #[cfg(feature = "redis")]
    pub(crate) fn set_fellowship(&self, fellowship: Option<Arc<dyn Fellowship>>) {
        *self.fellowship.lock().unwrap_or_else(PoisonError::into_inner) = fellowship;
    }

    /// A new listener to changes.
    pub(crate) fn subscribe(&self) -> Inbox {
        let (to, events) = mpsc::channel(WAITING);
        let ledger = Arc::<Ledger>::default();
        self.update(Some(Listener { to, ledger: Arc::clone(&ledger) }));
        Inbox { events, ledger, next: None }
    }

    /// Lets go of listeners that have gone away.
    pub(crate) fn prune(&self) {
        self.update(None);
    }

    /// Whether anybody listens to single calls.
    pub(crate) fn wants_calls(&self) -> bool {
        self.listeners().iter().any(|listener| listener.wants_calls() && !listener.to.is_closed())
    }

    /// So many events of single calls are told to nobody.
    pub(crate) fn leave_out(&self, count: u64) {
        let listeners = self.listeners();
        for listener in listeners.iter().filter(|listener| listener.wants_calls()) {
            listener.ledger.missed.fetch_add(count, Ordering::Relaxed);
        }
    }

    /// Tells an event to those who are to hear it. Waits for nobody.
    pub(crate) fn tell(&self, event: &Arc<Event>) {
        let listeners = self.listeners();
        let of_a_call = event.is_of_a_call();
        listeners
            .iter()
            .filter(|listener| !of_a_call || listener.wants_calls())
            .for_each(|listener| listener.tell(event));
    }
}

impl Listener {
    fn wants_calls(&self) -> bool {
        self.ledger.with_calls.load(Ordering::Relaxed)
    }

    fn tell(&self, event: &Arc<Event>) {
        let missed = &self.ledger.missed;
        match self.to.try_reserve() {
            Ok(place) => {
                let missed = missed.swap(0, Ordering::Relaxed);
                place.send(Told { event: Arc::clone(event), missed });
            }
            Err(TrySendError::Full(())) => {
                missed.fetch_add(1, Ordering::Relaxed);
            }
            Err(TrySendError::Closed(())) => {}
        }
    }
}

impl Inbox {
    /// From here on this is a listener to single calls as well.
    pub(crate) fn ask_for_calls(&self) {
        self.ledger.with_calls.store(true, Ordering::Relaxed);
    }

    /// No more events are to come.
    pub(crate) fn close(&mut self) {
        self.events.close();
    }

    /// Waits for the next event; `None` once the hub is gone.
    pub(crate) async fn recv(&mut self) -> Option<Result<Arc<Event>, Missed>> {
        // However many events are waiting, other tasks of the thread have their turn between them.
        consume_budget().await;
        match self.try_recv() {
            Some(found) => Some(found),
            None => self.events.recv().await.map(|told| self.take(told)),
        }
    }

    /// The next event, if one is waiting.
    pub(crate) fn try_recv(&mut self) -> Option<Result<Arc<Event>, Missed>> {
        if let Some(event) = self.next.take() {
            return Some(Ok(event));
        }
        match self.events.try_recv() {
            Ok(told) => Some(self.take(told)),
            // The latest of all may be among what was missed.
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => {
                let count = self.ledger.missed.swap(0, Ordering::Relaxed);
                (count > 0).then_some(Err(Missed { count }))
            }
        }
    }

    fn take(&mut self, Told { event, missed }: Told) -> Result<Arc<Event>, Missed> {
        if missed == 0 {
            return Ok(event);
        }
        self.next = Some(event);
        Err(Missed { count: missed })
    }
}

#[cfg(all(test, not(cb_loom)))]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::name::Name;

    fn reset(name: &'static str) -> Arc<Event> {
        Arc::new(Event::Reset { name: Name::literal(name), at: SystemTime::UNIX_EPOCH })
    }

    fn retry() -> Arc<Event> {
        let (name, at) = (Name::literal("db"), SystemTime::UNIX_EPOCH);
        Arc::new(Event::CallRetried { name, at, attempt: 2 })
    }

    #[test]
    fn what_a_slow_listener_missed_is_counted_and_told_where_it_is_missing() {
        let hub = Hub::default();
        let mut inbox = hub.subscribe();
        for _ in 0..WAITING {
            hub.tell(&reset("kept"));
        }
        hub.tell(&reset("missed"));
        hub.tell(&reset("missed"));
        assert!(matches!(inbox.try_recv(), Some(Ok(_))));
        hub.tell(&reset("after"));
        hub.tell(&reset("missed again"));

        for _ in 1..WAITING {
            assert_eq!(inbox.try_recv().map(|got| got.map(|_| ())), Some(Ok(())));
        }
        assert_eq!(inbox.try_recv(), Some(Err(Missed { count: 2 })));
        assert_eq!(inbox.try_recv(), Some(Ok(reset("after"))));
        assert_eq!(inbox.try_recv(), Some(Err(Missed { count: 1 })));
        assert_eq!(inbox.try_recv(), None);
    }

    #[test]
    fn single_calls_are_told_to_those_who_asked() {
        let hub = Hub::default();
        let mut changes = hub.subscribe();
        assert!(!hub.wants_calls());
        let mut calls = hub.subscribe();
        calls.ask_for_calls();
        assert!(hub.wants_calls());

        hub.tell(&retry());

        assert_eq!(changes.try_recv(), None);
        assert_eq!(calls.try_recv(), Some(Ok(retry())));
        calls.close();
        assert!(!hub.wants_calls());
        hub.prune();
        assert_eq!(hub.listeners().len(), 1);
    }
}
