//! How calls end.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use super::Core;
use crate::{
    breaker::{
        ledger::Ending,
        machine::{Judged, Outcome},
        ticket::{Ticket, Timing, WhenDropped},
    },
    clock::Tick,
    primitive::lock,
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

/// The functions that end a call are `extern "C"` for one property of it: the compiler knows that no
/// panic comes out of them. Otherwise the call's answer, which is held meanwhile and may have a
/// destructor, would have to be in memory for the sake of unwinding: 12 ns a call in place of 4.
#[allow(improper_ctypes_definitions, reason = "called from Rust only")]
impl Core {
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
            let now = if start.is_known() { Tick::now() } else { Tick::UNKNOWN };
            let took = now.nanos_since(start);
            // The quickest of all that were ever slow: who is no slower is not slow by any settings.
            let maybe_slow = ticket.timing() == Timing::Every
                && start.is_known()
                && took > self.published.quickest_slow();
            if maybe_slow || !ticket.is_undisturbed(self.word()) {
                return self.end_with_care(ticket, start, Ending::Success);
            }
            let mine = self.stripes.mine();
            mine.count_success();
            // Where every call is timed, to be found slow or not, the figures are of a sample all the same.
            if start.is_known() && (ticket.timing() == Timing::Sampled || mine.is_sampled()) {
                self.note_duration(ticket, took);
                mine.note_timed_success_at(now);
            }
        });
    }

    fn note_duration(&self, ticket: Ticket, nanos: u64) {
        if ticket.keeps_times() {
            self.stripes.mine().note_duration(nanos);
            if let Some(bucket) = self.latency.record(nanos) {
                self.note_half(bucket);
            }
        }
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
        let (judged, stay_away) = match &ending {
            Ending::Success => (Judged::Success, Duration::ZERO),
            Ending::Failure(_) | Ending::TimedOut => (Judged::Failure, Duration::ZERO),
            Ending::StayAway(failure) => (Judged::Failure, failure.time),
            Ending::Ignored | Ending::Cancelled => (Judged::Nothing, Duration::ZERO),
        };
        let took = if start.is_known() { now.nanos_since(start) } else { 0 };
        if judged != Judged::Nothing && start.is_known() {
            self.note_duration(ticket, took);
        }
        if judged == Judged::Success {
            self.stripes.mine().note_success_at(now);
        }
        let may_be_slow = !matches!(ending, Ending::Ignored);
        let mut inner = lock(&self.inner);
        let slow =
            may_be_slow && inner.slow_calls.is_slow(ticket.epoch(), Duration::from_nanos(took));
        let replaced = inner.ledger.enter(ending, slow, now);
        let outcome = Outcome { judged, slow, stay_away };
        let passed = self.passed();
        let ((), news) = inner.step(now, passed, |machine, step| {
            let generation = ticket.generation(machine.generation());
            machine.record(generation, ticket.role(), outcome, step);
        });
        let aftermath = self.publish(&mut inner, now, news);
        drop(inner);
        drop(replaced);
        self.after(aftermath);
        #[cfg(feature = "redis")]
        self.end_lease(ticket, judged);
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
}
