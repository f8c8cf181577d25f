//! A breaker's events on their way out, and those that went.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use tokio::task::AbortHandle;

use crate::{
    breaker::State,
    clock::Tick,
    config::ConfigBuilder,
    observe::{
        event::Event,
        figures::changes::{Changes, Changing, OpenSpan},
    },
};

/// So many of the latest events are kept.
const KEPT: usize = 100;

/// Filled under the breaker's lock, so in the order in which things happened, and emptied outside of
/// it, by one thread at a time, so that the order stays.
#[derive(Default)]
pub(super) struct Outbox {
    /// With the time by which ages are reckoned; the events' own is the wall clock's.
    history: VecDeque<(Tick, Arc<Event>)>,
    /// When callers last met a closed breaker, while they do not.
    down_since: Option<Tick>,
    changing: Changing,
    waiting: VecDeque<Arc<Event>>,
    delivering: bool,
    /// The task that waits for the end of the open time, or checks, and the generation for which it
    /// was begun.
    check: Option<(u64, AbortHandle)>,
    /// Made where the settings in force are not just those that the program says.
    said: Option<Box<Said>>,
}

/// Who says what of a breaker's settings, where that is more than one.
#[derive(Clone, Copy, Default)]
pub(super) struct Said {
    /// What the program says: the attributes, or the `Config` that it was made with.
    pub(super) own: ConfigBuilder,
    /// What was changed since.
    pub(super) runtime: ConfigBuilder,
}

impl Outbox {
    pub(super) fn said(&self) -> Option<Said> {
        self.said.as_deref().copied()
    }

    pub(super) fn put_said(&mut self, said: Option<Box<Said>>) {
        self.said = said;
    }

    /// Puts an event last. Those of single calls are not kept.
    pub(super) fn put(&mut self, event: Event, now: Tick) {
        if let Event::Transition { from, to, reason, dry_run: false, .. } = event {
            self.changing.count(from, to, reason);
            match (from, to) {
                (_, State::Closed) => self.down_since = None,
                (State::Closed, _) => self.down_since = Some(now),
                _ => {}
            }
        }
        let event = Arc::new(event);
        if !event.is_of_a_call() {
            if self.history.len() >= KEPT {
                self.history.pop_front();
            }
            self.history.push_back((now, Arc::clone(&event)));
        }
        self.waiting.push_back(event);
    }

    /// Something has changed, and callers meet an open breaker then and then.
    pub(super) fn turn(&mut self, now: Tick, open: Option<OpenSpan>) {
        self.changing.turn(now, open);
    }

    /// The changes that were made, and the time that callers met an open breaker.
    pub(super) fn changes(&self, now: Tick) -> Changes {
        self.changing.until(now)
    }

    /// The first event to deliver, if no other thread delivers already. The present one is then to do
    /// it, until [`next`](Self::next) has no more.
    pub(super) fn begin(&mut self) -> Option<Arc<Event>> {
        if self.delivering {
            return None;
        }
        let first = self.waiting.pop_front();
        self.delivering = first.is_some();
        first
    }

    /// The next event to deliver; after the last one, another thread may.
    pub(super) fn next(&mut self) -> Option<Arc<Event>> {
        let next = self.waiting.pop_front();
        if next.is_none() {
            self.delivering = false;
            // A burst leaves no room behind that nothing needs.
            self.waiting = VecDeque::new();
        }
        next
    }

    /// Keeps the task that was begun last, if one is wanted at all. Returns the other, to be aborted.
    ///
    /// Another thread may meanwhile have begun one for a later opening, and a task may itself have moved
    /// the breaker on: so generations are compared with each other and not with the present one.
    pub(super) fn put_check(
        &mut self,
        generation: u64,
        task: AbortHandle,
        wanted: bool,
    ) -> Option<AbortHandle> {
        match &self.check {
            _ if !wanted => Some(task),
            Some((later, _)) if *later > generation => Some(task),
            _ => self.check.replace((generation, task)).map(|(_, earlier)| earlier),
        }
    }

    pub(super) fn take_check(&mut self) -> Option<AbortHandle> {
        self.check.take().map(|(_, task)| task)
    }

    pub(super) fn history(&self) -> Vec<Event> {
        self.history.iter().map(|(_, event)| Event::clone(event)).collect()
    }

    /// The kept events that are no older than this, oldest first, each with its time.
    pub(super) fn recent(&self, now: Tick, within: Duration) -> Vec<(Tick, Arc<Event>)> {
        let older = |(at, _): &(Tick, Arc<Event>)| now.since(*at) > within;
        self.history.iter().skip_while(|told| older(told)).cloned().collect()
    }

    /// Since when callers have not met a closed breaker, as the events tell it.
    pub(super) fn down_since(&self) -> Option<Tick> {
        self.down_since
    }
}
