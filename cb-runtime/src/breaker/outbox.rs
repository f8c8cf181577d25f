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

/// So many events of single calls wait to be delivered at the most. And after so many, whoever delivers
/// takes no more of those that come meanwhile: it is a call, and is not to go on for others without end.
const MOST_OF_CALLS: usize = 1_024;

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
    /// How many it has been since that began.
    delivered: usize,
    /// The events of single calls that were one too many since.
    left_out: u64,
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

    /// Puts an event last. Those of single calls are not kept, and left out where they come faster than
    /// they can be delivered.
    pub(super) fn put(&mut self, event: Event, now: Tick) {
        if event.is_of_a_call() && self.is_crowded() {
            self.left_out += 1;
            return;
        }
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

    fn is_crowded(&self) -> bool {
        self.delivering && self.delivered.max(self.waiting.len()) >= MOST_OF_CALLS
    }

    /// The next event to deliver; after the last one, another thread may, and what comes second is how
    /// many events of single calls were left out.
    pub(super) fn next(&mut self) -> (Option<Arc<Event>>, u64) {
        let next = self.waiting.pop_front();
        if next.is_some() {
            self.delivered += 1;
            return (next, 0);
        }
        (self.delivering, self.delivered) = (false, 0);
        // A burst leaves no room behind that nothing needs.
        self.waiting = VecDeque::new();
        (None, std::mem::take(&mut self.left_out))
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

#[cfg(all(test, not(cb_loom)))]
#[allow(clippy::panic, reason = "a helper of a test fails the test")]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::{name::Name, observe::event::Rejection};

    fn of_a_call() -> Event {
        let (name, at) = (Name::literal("db"), SystemTime::UNIX_EPOCH);
        Event::CallRejected { name, at, reason: Rejection::Open }
    }

    fn reset() -> Event {
        Event::Reset { name: Name::literal("db"), at: SystemTime::UNIX_EPOCH }
    }

    /// Delivers as long as there is something, and each time something more has come. How many it was, and
    /// how many were left out.
    fn deliver(outbox: &mut Outbox, more: impl Fn(&mut Outbox)) -> (usize, u64) {
        let mut delivered = 1;
        while delivered < 100 * MOST_OF_CALLS {
            more(outbox);
            match outbox.next() {
                (Some(_), _) => delivered += 1,
                (None, left_out) => return (delivered, left_out),
            }
        }
        panic!("it goes on for ever")
    }

    #[test]
    fn who_delivers_does_not_go_on_for_ever_for_others() {
        let mut outbox = Outbox::default();
        for _ in 0..2 {
            outbox.put(of_a_call(), Tick(0));
            assert!(outbox.begin().is_some());

            let (delivered, left_out) = deliver(&mut outbox, |outbox| {
                outbox.put(of_a_call(), Tick(0));
                outbox.put(of_a_call(), Tick(0));
            });

            assert!(delivered <= 2 * MOST_OF_CALLS, "{delivered}");
            assert_eq!(delivered as u64 + left_out, 1 + 2 * delivered as u64);
        }
    }

    #[test]
    fn what_waits_is_bounded_and_no_change_is_left_out() {
        let mut outbox = Outbox::default();
        outbox.put(of_a_call(), Tick(0));
        assert!(outbox.begin().is_some());
        for _ in 0..10 * MOST_OF_CALLS {
            outbox.put(of_a_call(), Tick(0));
        }
        outbox.put(reset(), Tick(0));

        assert_eq!(outbox.waiting.len(), MOST_OF_CALLS + 1);
        let told = deliver(&mut outbox, |_| ());
        assert_eq!(told, (1 + MOST_OF_CALLS + 1, 9 * MOST_OF_CALLS as u64));
        assert_eq!(outbox.history().len(), 1);
    }
}
