//! How the machine is changed, and how what changed becomes known.

#[cfg(feature = "admin")]
use std::time::Duration;
use std::{sync::Arc, time::SystemTime};

use super::{Core, Inner, check, end::contain};
use tokio::task::AbortHandle;

#[cfg(feature = "admin")]
use crate::observe::operation::Operation;
use crate::{
    breaker::{
        change::Change,
        machine::{Machine, Passed, Refused, Step},
        stakes::Stakes,
        state::{Mode, Word},
        timer::{self, Purpose},
    },
    clock::Tick,
    name::Name,
    observe::{
        event::{Event, Rejection},
        log,
    },
    primitive::{Ordering, lock},
};

/// What is to be done about a change once the lock is given back.
pub(super) struct Aftermath {
    pub(super) word: Word,
    /// This word's opening is to be watched until then.
    watch: Option<Tick>,
    /// The open time ends then, and a health check is to be made.
    check: Option<Tick>,
    /// A health check that was waiting for what is over.
    cancel: Option<AbortHandle>,
    /// The first of the events to deliver.
    deliver: Option<Arc<Event>>,
}

impl Inner {
    /// Lets the machine take a step.
    pub(super) fn step<R>(
        &mut self,
        now: Tick,
        passed: Passed,
        act: impl FnOnce(&mut Machine, &mut Step<'_>) -> R,
    ) -> (R, Vec<Change>) {
        let (config, chance, news) = (&self.config, fastrand::f64, Vec::new());
        let mut step = Step { now, config, passed, chance, news };
        let result = act(&mut self.machine, &mut step);
        (result, step.news)
    }

    fn put(&mut self, event: Event, now: Tick) {
        self.outbox.get_or_insert_default().put(event, now);
    }
}

impl Core {
    /// Lets the machine decide or change, and makes what came of it known.
    pub(super) fn change<R>(
        &self,
        act: impl FnOnce(&mut Machine, &mut Step<'_>) -> R,
    ) -> (R, Word) {
        let now = Tick::now();
        let mut inner = lock(&self.inner);
        let (result, news) = inner.step(now, self.passed(), act);
        let aftermath = self.publish(&mut inner, now, news);
        drop(inner);
        let word = aftermath.word;
        self.after(aftermath);
        (result, word)
    }

    /// Writes what others read without the lock. The word comes last: who has seen it sees the rest.
    pub(super) fn publish(&self, inner: &mut Inner, now: Tick, news: Vec<Change>) -> Aftermath {
        let opening = inner.machine.opening();
        let opened =
            |change: &Change| matches!(change, Change::Transition(t) if t.opening.is_some());
        // An opening may get another end, too.
        let has_other_end = self.published.until() != opening.until;
        let is_new = has_other_end || news.iter().any(opened);
        let watch = if is_new { timer::watch_end(now, opening.until) } else { None };
        let generation = inner.machine.generation();
        if watch.is_some() {
            inner.machine.set_watched(generation, true);
        }
        let checked = inner.machine.is_checked();
        let cancel =
            inner.outbox.as_mut().filter(|_| !checked).and_then(|outbox| outbox.take_check());
        let checks = inner.machine.wants_check(&inner.config) && check::can_run();
        if checks {
            inner.machine.set_checked(generation, true);
        }
        let changes = has_other_end || !news.is_empty();
        for change in news {
            let event = self.event(change, inner, now);
            inner.put(event, now);
        }
        if changes && let Some(outbox) = &mut inner.outbox {
            outbox.turn(now, inner.machine.open_span(now));
        }
        let word = inner.word(now);
        self.published.store(&opening, inner.machine.mode_until());
        self.word.store(word.0, Ordering::Release);
        let deliver = inner.outbox.as_mut().and_then(|outbox| outbox.begin());
        Aftermath { word, watch, check: checks.then_some(opening.until), cancel, deliver }
    }

    pub(super) fn after(&self, aftermath: Aftermath) {
        let generation = aftermath.word.generation();
        if let Some(end) = aftermath.watch {
            // Those that need not ask when they are turned away are not logged either.
            if log::wants_rejections()
                || !timer::watch(self.this.clone(), Purpose::Open(generation), end)
            {
                self.stop_watching(generation);
            }
        }
        if let Some(waiting) = aftermath.cancel {
            waiting.abort();
        }
        if let Some(until) = aftermath.check {
            self.begin_checks(generation, until);
        }
        if let Some(first) = aftermath.deliver {
            self.deliver(first);
        }
    }

    /// Delivers what comes out of the outbox, one after the other, until nothing does.
    fn deliver(&self, first: Arc<Event>) {
        let mut next = Some(first);
        while let Some(event) = next {
            contain(|| log::event(&event));
            if let Some(hub) = &self.hub {
                contain(|| hub.tell(&event));
            }
            let left_out;
            (next, left_out) =
                lock(&self.inner).outbox.as_mut().map_or((None, 0), |outbox| outbox.next());
            if let Some(hub) = self.hub.as_ref().filter(|_| left_out > 0) {
                hub.leave_out(left_out);
            }
        }
    }

    /// Tells of a single call, if anybody listens still.
    pub(super) fn tell_of_call(&self, event: impl FnOnce(Name, SystemTime) -> Event) {
        if !self.hub.as_ref().is_some_and(|hub| hub.wants_calls()) {
            return self.narrate();
        }
        let (event, now) = (event(self.name.clone(), SystemTime::now()), Tick::now());
        let mut inner = lock(&self.inner);
        inner.put(event, now);
        let first = inner.outbox.as_mut().and_then(|outbox| outbox.begin());
        drop(inner);
        if let Some(first) = first {
            self.deliver(first);
        }
    }

    #[cold]
    #[inline(never)]
    pub(super) fn tell_rejected(&self, refused: Refused) {
        let reason = refused.into();
        self.tell_of_call(|name, at| Event::CallRejected { name, at, reason });
    }

    #[cold]
    #[inline(never)]
    pub(super) fn log_rejected(&self, refused: Refused) {
        contain(|| self.rejections().log(&self.name, refused.into()));
    }

    fn event(&self, change: Change, inner: &Inner, now: Tick) -> Event {
        let (name, at) = (self.name.clone(), SystemTime::now());
        match change {
            Change::Reset => Event::Reset { name, at },
            Change::Operated(operation) => Event::operated(name, at, *operation),
            Change::Config(changes) => Event::ConfigChanged { name, at, changes },
            Change::Mode { from, to, until } => {
                let lasts = (until != Tick::NEVER).then(|| until.since(now));
                Event::ModeChanged { name, at, from, to, lasts }
            }
            Change::Transition(transition) => {
                let error = transition.opening.and(inner.ledger.last_error());
                Event::transition(name, at, &transition, error)
            }
        }
    }

    /// From here on rejections of this opening read the clock.
    pub(crate) fn stop_watching(&self, generation: u64) {
        self.change(|machine, _| machine.set_watched(generation, false));
    }

    /// From here on calls are asked when they are.
    pub(crate) fn unsettle(&self) {
        self.change(Machine::unsettle);
    }

    pub(crate) fn reset(&self) {
        self.change(Machine::reset);
    }

    pub(crate) fn set_mode(&self, mode: Mode, until: impl FnOnce(Tick) -> Tick) {
        self.change(|machine, step| machine.set_mode(mode, until(step.now), step));
    }

    /// Resets the breaker for an operator. That this was asked for comes before it in the history.
    #[cfg(feature = "admin")]
    pub(crate) fn reset_for(&self, operation: Operation) {
        self.change(|machine, step| {
            step.news.push(Change::Operated(Box::new(operation)));
            machine.reset(step);
        });
    }

    /// Tells that an operator asked for what was done to all instances.
    #[cfg(feature = "admin")]
    pub(crate) fn tell_operated(&self, operation: Operation) {
        self.change(|_, step| step.news.push(Change::Operated(Box::new(operation))));
    }

    /// Sets a mode for an operator, for so long or for good. That this was asked for comes before it in
    /// the history.
    #[cfg(feature = "admin")]
    pub(crate) fn set_mode_for(&self, operation: Operation, mode: Mode, lasts: Option<Duration>) {
        self.change(|machine, step| {
            step.news.push(Change::Operated(Box::new(operation)));
            let until = lasts.map_or(Tick::NEVER, |lasts| step.now.after(lasts));
            machine.set_mode(mode, until, step);
        });
    }

    /// The breaker is in no registry any more: sites that hold it look for their name anew.
    pub(crate) fn detach(&self) {
        self.change(|machine, _| machine.detach());
    }

    /// The same, but only while no more than this would be lost. Says what would be where it is more.
    pub(crate) fn detach_within(&self, most: Stakes) -> Result<(), Stakes> {
        let (left, _) = self.change(|machine, step| {
            let stakes = Stakes::of(machine, step.now);
            if stakes > most {
                return Err(stakes);
            }
            machine.detach();
            Ok(())
        });
        left
    }

    /// Has single calls be told of as events while somebody listens to them. Who listens is asked under
    /// the lock: who comes or goes says so first and then calls this, so that of two at once the one
    /// that gets here last knows of both.
    pub(crate) fn narrate(&self) {
        let mut inner = lock(&self.inner);
        let wanted = self.hub.as_ref().is_some_and(|hub| hub.wants_calls());
        inner.machine.set_narrated(wanted);
        self.word.store(inner.word(Tick::now()).0, Ordering::Release);
    }

    /// For a breaker that has just come to where listeners can find it.
    pub(crate) fn narrate_if_wanted(&self) {
        if self.hub.as_ref().is_some_and(|hub| hub.wants_calls()) {
            self.narrate();
        }
    }
}

impl From<Refused> for Rejection {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Open => Self::Open,
            Refused::HalfOpen => Self::HalfOpen,
            Refused::ForcedOpen => Self::ForcedOpen,
            Refused::Shed => Self::Shed,
            Refused::BulkheadFull(_) => Self::BulkheadFull,
        }
    }
}
