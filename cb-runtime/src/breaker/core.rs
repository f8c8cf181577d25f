//! The one place where threads meet: a [`Machine`] behind a lock, and before it the state word that
//! tells most calls that they need not take it.
//!
//! A call that finds the word closed passes; one that finds it open is turned away; a success that
//! finds it as it was, with no failure in the row, would change nothing in the machine and so does
//! not ask it. Everything else (failures, probes, changes by hand) takes the lock for some tens of
//! nanoseconds, in which no code of the user's runs.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Weak},
};

use super::{
    ledger::{Ending, Ledger},
    machine::{Machine, Outcome, Refused, Role, Transition},
    opening::{Opening, Published},
    refusal::Refusal,
    stakes::Stakes,
    state::{Mode, State, Word},
    stripes::Stripes,
    ticket::{Ticket, WhenDropped},
    timer,
};
use crate::{
    clock::Tick,
    config::Config,
    name::Name,
    observe::{
        latency::Histogram,
        log,
        snapshot::{Snapshot, Totals},
    },
    primitive::{AtomicU64, Mutex, Ordering, lock},
};

/// Keeps a panic in. None is to be expected but from the program's own subscriber to logs, whose
/// affair it is and not the call's.
pub(crate) fn contain(act: impl FnOnce()) {
    if cfg!(cb_loom) {
        // What loom finds, it tells by a panic.
        act();
    } else {
        let _ = catch_unwind(AssertUnwindSafe(act));
    }
}

/// A breaker, as its handles share it.
pub struct Core {
    word: AtomicU64,
    published: Published,
    stripes: Stripes,
    latency: Histogram,
    name: Name,
    this: Weak<Core>,
    inner: Mutex<Inner>,
}

struct Inner {
    machine: Machine,
    config: Config,
    ledger: Ledger,
}

/// The functions that end a call are `extern "C"` for one property of it: the compiler knows that no
/// panic comes out of them. Otherwise the call's answer, which is held meanwhile and may have a
/// destructor, would have to be in memory for the sake of unwinding: 12 ns a call in place of 4.
#[allow(improper_ctypes_definitions, reason = "called from Rust only")]
impl Core {
    pub(crate) fn new(name: Name, config: Config) -> Arc<Self> {
        let machine = Machine::new(Tick::now());
        Arc::new_cyclic(|this| Self {
            word: AtomicU64::new(machine.word(&config).0),
            published: Published::new(),
            stripes: Stripes::new(),
            latency: Histogram::new(),
            name,
            this: this.clone(),
            inner: Mutex::new(Inner { machine, config, ledger: Ledger::new() }),
        })
    }

    pub(crate) fn name(&self) -> &Name {
        &self.name
    }

    pub(crate) fn config(&self) -> Config {
        lock(&self.inner).config.clone()
    }

    #[inline]
    fn word(&self) -> Word {
        Word(self.word.load(Ordering::Acquire))
    }

    #[inline]
    pub(crate) fn is_detached(&self) -> bool {
        self.word().is_detached()
    }

    /// Decides on one call and counts it.
    #[inline]
    pub(crate) fn admit(&self) -> Result<Ticket, Refusal<'_>> {
        if let Some(ticket) = self.admit_if_closed() {
            return Ok(ticket);
        }
        match self.refuse_if_open() {
            Some(refusal) => Err(refusal),
            None => self.admit_with_care(),
        }
    }

    /// Admits and counts one call if the word says that it passes.
    #[inline]
    pub(crate) fn admit_if_closed(&self) -> Option<Ticket> {
        let word = self.word();
        word.lets_pass().then(|| self.ticket(word, Role::Call))
    }

    /// Turns away and counts one call if the word says that it does not pass.
    #[inline(never)]
    pub(crate) fn refuse_if_open(&self) -> Option<Refusal<'_>> {
        self.word().turns_away().then(|| self.refuse(Refused::Open))
    }

    #[inline]
    fn ticket(&self, word: Word, role: Role) -> Ticket {
        self.stripes.mine().count_admitted();
        Ticket::new(word, role)
    }

    /// When an admitted call begins, or [`Tick::UNKNOWN`] where it is not to be timed.
    #[inline]
    pub(crate) fn begin(&self, ticket: Ticket) -> Tick {
        if ticket.is_timed() { self.stripes.mine().start_timing() } else { Tick::UNKNOWN }
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn admit_with_care(&self) -> Result<Ticket, Refusal<'_>> {
        // What this reads besides belongs to this word or to a later one.
        let word = self.word();
        if word.is_forced_open() {
            let until = self.published.mode_until();
            if until == Tick::NEVER || Tick::now() < until {
                return Err(self.refuse(Refused::ForcedOpen));
            }
        } else if word.is_open() {
            if word.is_watched() || Tick::now() < self.published.until() {
                return Err(self.refuse(Refused::Open));
            }
        } else if word.is_disabled() && self.published.mode_until() == Tick::NEVER {
            return Ok(Ticket::UNCOUNTED);
        }
        let now = Tick::now();
        let decision = self.change(|machine, config| machine.admit(now, config));
        match decision {
            (Ok(Role::Uncounted), _) => Ok(Ticket::UNCOUNTED),
            (Ok(role), word) => Ok(self.ticket(word, role)),
            (Err(refused), _) => Err(self.refuse(refused)),
        }
    }

    #[inline]
    fn refuse(&self, refused: Refused) -> Refusal<'_> {
        self.stripes.mine().count_rejected();
        Refusal { core: self, refused }
    }

    /// Lets the machine decide or change, and makes what came of it known: the new word to other
    /// threads, a change of state to whoever listens.
    fn change<R>(
        &self,
        act: impl FnOnce(&mut Machine, &Config) -> (R, Option<Transition>),
    ) -> (R, Word) {
        let mut inner = lock(&self.inner);
        let Inner { machine, config, .. } = &mut *inner;
        let (result, transition) = act(machine, config);
        let (word, error) = self.publish(&mut inner, transition.as_ref());
        drop(inner);
        self.after(transition, word, error.as_deref());
        (result, word)
    }

    /// Writes what others read without the lock. The word comes last: who has seen it sees the rest.
    fn publish(
        &self,
        inner: &mut Inner,
        transition: Option<&Transition>,
    ) -> (Word, Option<Box<str>>) {
        let Inner { machine, config, ledger } = inner;
        let opened = transition.is_some_and(|transition| transition.opening.is_some());
        if opened && timer::can_watch() {
            machine.set_watched(machine.generation(), true);
        }
        let word = machine.word(config);
        self.published.store(&machine.opening(), machine.mode_until());
        self.word.store(word.0, Ordering::Release);
        (word, opened.then(|| ledger.last_error.clone()).flatten())
    }

    fn after(&self, transition: Option<Transition>, word: Word, error: Option<&str>) {
        let Some(transition) = transition else { return };
        if word.is_watched()
            && let Some(opening) = transition.opening
            && !timer::watch(self.this.clone(), word.generation(), opening.until)
        {
            self.stop_watching(word.generation());
        }
        contain(|| log::transition(&self.name, &transition, error));
    }

    /// From here on rejections of this opening read the clock.
    pub(crate) fn stop_watching(&self, generation: u64) {
        self.change(|machine, _| (machine.set_watched(generation, false), None));
    }

    /// Takes the success of a call, of all endings the one to be quick about.
    #[inline]
    pub(crate) fn succeed(&self, ticket: Ticket, start: Tick) {
        match self.stripes.at_hand() {
            Some(mine) if !start.is_known() && ticket.is_undisturbed(self.word()) => {
                mine.count_success();
            }
            _ => self.succeed_with_care(ticket, start),
        }
    }

    #[inline(never)]
    extern "C" fn succeed_with_care(&self, ticket: Ticket, start: Tick) {
        contain(|| {
            if !ticket.is_undisturbed(self.word()) {
                return self.end_with_care(ticket, start, Ending::Success);
            }
            let mine = self.stripes.mine();
            mine.count_success();
            if start.is_known() {
                let now = Tick::now();
                self.note_duration(start, now);
                mine.note_timed_success_at(now);
            }
        });
    }

    fn note_duration(&self, start: Tick, now: Tick) {
        let nanos = u64::try_from(now.since(start).as_nanos()).unwrap_or(u64::MAX);
        self.stripes.mine().note_duration(nanos);
        self.latency.record(nanos);
    }

    /// Takes the end of a call with all that it may change.
    #[cold]
    #[inline(never)]
    pub(crate) extern "C" fn finish(&self, ticket: Ticket, start: Tick, ending: Ending) {
        contain(|| self.end_with_care(ticket, start, ending));
    }

    fn end_with_care(&self, ticket: Ticket, start: Tick, ending: Ending) {
        if ticket.is_idle() {
            return;
        }
        let now = Tick::now();
        let outcome = match &ending {
            Ending::Success => Outcome::Success,
            Ending::Failure(_) | Ending::TimedOut => Outcome::Failure,
            Ending::Ignored | Ending::Cancelled => Outcome::Nothing,
        };
        if outcome != Outcome::Nothing && start.is_known() {
            self.note_duration(start, now);
        }
        if outcome == Outcome::Success {
            let mine = self.stripes.mine();
            mine.count_success();
            mine.note_success_at(now);
        }
        let mut inner = lock(&self.inner);
        let replaced = inner.ledger.enter(ending, now);
        let Inner { machine, config, .. } = &mut *inner;
        let generation = ticket.generation(machine.generation());
        let transition = machine.record(generation, ticket.role(), outcome, now, config);
        let (word, error) = self.publish(&mut inner, transition.as_ref());
        drop(inner);
        drop(replaced);
        self.after(transition, word, error.as_deref());
    }

    /// Takes the end of a call that was dropped.
    #[cold]
    #[inline(never)]
    pub(crate) extern "C" fn drop(&self, ticket: Ticket, start: Tick) {
        self.finish(
            ticket,
            start,
            match ticket.when_dropped() {
                WhenDropped::Cancelled => Ending::Cancelled,
                WhenDropped::Ignored => Ending::Ignored,
                WhenDropped::Failure => Ending::Failure(Some("dropped by its caller".into())),
            },
        );
    }

    #[inline]
    pub(crate) fn count_fallback(&self) {
        self.stripes.mine().count_fallback();
    }

    pub(crate) fn reset(&self) {
        let now = Tick::now();
        self.change(|machine, _| ((), machine.reset(now)));
    }

    pub(crate) fn set_mode(&self, mode: Mode, until: impl FnOnce(Tick) -> Tick) {
        let now = Tick::now();
        let ((), _) = self.change(|machine, _| (machine.set_mode(mode, until(now), now), None));
        contain(|| log::mode(&self.name, mode));
    }

    /// The breaker is in no registry any more: sites that hold it look for their name anew.
    pub(crate) fn detach(&self) {
        self.change(|machine, _| (machine.detach(), None));
    }

    /// The same, but only while no more than this would be lost. Says what would be where it is more.
    pub(crate) fn detach_within(&self, most: Stakes) -> Result<(), Stakes> {
        let now = Tick::now();
        let (left, _) = self.change(|machine, _| {
            let stakes = Stakes::of(machine, now);
            if stakes > most {
                return (Err(stakes), None);
            }
            machine.detach();
            (Ok(()), None)
        });
        left
    }

    pub(crate) fn stakes(&self) -> Stakes {
        if self.word().lets_pass() {
            return Stakes::Row;
        }
        Stakes::of(&lock(&self.inner).machine, Tick::now())
    }

    pub(crate) fn state(&self) -> State {
        let word = self.word();
        if word.lets_pass() {
            return State::Closed;
        }
        lock(&self.inner).machine.state(Tick::now())
    }

    pub(crate) fn mode(&self) -> Mode {
        lock(&self.inner).machine.mode(Tick::now())
    }

    /// The present opening, or the latest.
    #[inline]
    pub(super) fn opening(&self) -> Opening {
        // The fields are written one by one, and before the word. No other opening's can be under way
        // while the word is open, so they belong together if it was and still is the same.
        let before = self.word();
        let opening = self.published.load();
        if before.is_open() && self.word() == before {
            opening
        } else {
            let Opening { since, until, reason } = self.opening_by_lock();
            Opening { since, until, reason }
        }
    }

    #[cold]
    #[inline(never)]
    fn opening_by_lock(&self) -> Opening {
        lock(&self.inner).machine.opening()
    }

    /// When the mode that an operator set ends by itself.
    pub(super) fn mode_until(&self) -> Tick {
        self.published.mode_until()
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        let now = Tick::now();
        let inner = lock(&self.inner);
        let (machine, config, ledger) =
            (inner.machine.clone(), inner.config.clone(), inner.ledger.clone());
        drop(inner);
        let sums = self.stripes.sums();
        let totals = Totals {
            calls: sums.admitted,
            successes: sums.successes,
            failures: ledger.failures,
            ignored: ledger.ignored,
            rejected: sums.rejected,
            timeouts: ledger.timeouts,
            cancelled: ledger.cancelled,
            fallbacks: sums.fallbacks,
        };
        Snapshot::new(now, &self.name, config, &machine, totals)
            .with_times(self.latency.figures(sums.timed_nanos, sums.slowest_nanos))
            .with_last(now, sums.last_success, ledger.last_failure)
            .with_last_error(ledger.last_error)
    }
}

#[cfg(all(test, cb_loom))]
impl Core {
    /// Makes a call that was admitted, in no time, and takes its end.
    pub(crate) fn end(&self, ticket: Ticket, ending: Ending) {
        let start = self.begin(ticket);
        match ending {
            Ending::Success => self.succeed(ticket, start),
            ending => self.finish(ticket, start, ending),
        }
    }

    /// Whether the word that calls go by is the one that the machine would write now.
    pub(crate) fn word_is_the_machines(&self) -> bool {
        let inner = lock(&self.inner);
        self.word() == inner.machine.word(&inner.config)
    }
}
