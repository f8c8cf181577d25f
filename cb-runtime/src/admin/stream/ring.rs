//! The latest events of a registry, for any number of readers.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use axum::body::Bytes;
use tokio::{runtime::Handle, sync::watch, task::JoinHandle};

use crate::{
    observe::{event::Event, hub::Missed},
    registry::Registry,
};

/// So many events are kept. A reader that is further behind misses some.
pub(super) const KEPT: usize = 1_024;

/// Events as they are sent, by their numbers. Readers have only a number each, so that a slow one takes no
/// memory.
pub(in crate::admin) struct Ring {
    instance: Arc<str>,
    events: Mutex<Events>,
    /// The number of the next event.
    next: watch::Sender<u64>,
    feeder: Mutex<Option<JoinHandle<()>>>,
}

struct Events {
    sent: VecDeque<Bytes>,
    /// The number of the next one, from 1.
    next: u64,
}

/// What there is for a reader.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Waiting {
    /// These, from its number on, and the number to go on with.
    Events(Vec<Bytes>, u64),
    /// So many are gone, and it is to go on with this number.
    Missed(u64, u64),
    /// None so far.
    Nothing,
}

impl Ring {
    pub(in crate::admin) fn new(instance: Arc<str>) -> Self {
        Self {
            instance,
            events: Mutex::new(Events { sent: VecDeque::new(), next: 1 }),
            next: watch::Sender::new(1),
            feeder: Mutex::default(),
        }
    }

    /// Begins to listen to a registry, unless it does already or there is no runtime to do it on. What
    /// happens before is not in the ring.
    pub(in crate::admin) fn listen(self: &Arc<Self>, registry: &Registry) {
        let mut feeder = self.feeder.lock().unwrap_or_else(PoisonError::into_inner);
        // A runtime that was shut down has ended it.
        if feeder.as_ref().is_some_and(|feeder| !feeder.is_finished()) {
            return;
        }
        let Ok(runtime) = Handle::try_current() else { return };
        let (ring, mut events) = (Arc::downgrade(self), registry.subscribe());
        *feeder = Some(runtime.spawn(async move {
            loop {
                let told = events.recv().await;
                let Some(ring) = Weak::upgrade(&ring) else { return };
                match told {
                    Ok(event) => ring.put(&event),
                    Err(Missed { count, .. }) => ring.leave_out(count),
                }
            }
        }));
    }

    fn events(&self) -> MutexGuard<'_, Events> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, event: &Event) {
        let mut events = self.events();
        let number = events.next;
        // Under the lock, so that the number is right; nobody but readers waits for it.
        events.push(frame(&self.instance, number, kind(event), event));
        drop(events);
        self.next.send_replace(number + 1);
    }

    /// Numbers that were never put in: readers see that they miss them.
    fn leave_out(&self, count: u64) {
        let mut events = self.events();
        events.sent.clear();
        events.next = events.next.saturating_add(count);
        let next = events.next;
        drop(events);
        self.next.send_replace(next);
    }

    pub(super) fn instance(&self) -> &Arc<str> {
        &self.instance
    }

    /// The number of the next event.
    pub(super) fn next(&self) -> u64 {
        self.events().next
    }

    /// Told when there are more.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.next.subscribe()
    }

    /// What there is from this number on, and of it no more than so many.
    pub(super) fn from(&self, number: u64, most: usize) -> Waiting {
        let events = self.events();
        let oldest = events.next - events.sent.len() as u64;
        if number >= events.next {
            return Waiting::Nothing;
        }
        if number < oldest {
            return Waiting::Missed(oldest - number, oldest);
        }
        let skipped = usize::try_from(number - oldest).unwrap_or(usize::MAX);
        let some: Vec<Bytes> = events.sent.iter().skip(skipped).take(most).cloned().collect();
        let next = number + some.len() as u64;
        Waiting::Events(some, next)
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        let feeder = self.feeder.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(feeder) = feeder {
            feeder.abort();
        }
    }
}

impl Events {
    fn push(&mut self, frame: Bytes) {
        if self.sent.len() >= KEPT {
            self.sent.pop_front();
        }
        self.sent.push_back(frame);
        self.next += 1;
    }
}

fn kind(event: &Event) -> &'static str {
    match event {
        Event::Transition { .. } => "transition",
        Event::CallRejected { .. } => "call_rejected",
        Event::CallRetried { .. } => "call_retried",
        Event::StaleAnswerUsed { .. } => "stale_answer_used",
        Event::FallbackUsed { .. } => "fallback_used",
        Event::Reset { .. } => "reset",
        Event::ModeChanged { .. } => "mode_changed",
        Event::ConfigChanged { .. } => "config_changed",
        Event::StoreDegraded { .. } => "store_degraded",
        Event::StoreRestored { .. } => "store_restored",
        Event::Operated { .. } => "operated",
    }
}

/// An event as it is sent. Its data is one line: JSON has its line breaks escaped.
pub(super) fn frame(
    instance: &str,
    number: u64,
    kind: &str,
    data: &impl serde::Serialize,
) -> Bytes {
    // What cannot become JSON is a map with keys that are no text, and there is none.
    let data = serde_json::to_string(data).unwrap_or_default();
    format!("id: {instance}-{number}\nevent: {kind}\ndata: {data}\n\n").into()
}
