//! What can be seen of a breaker. Reading changes no state.

use std::time::Duration;

use super::{Core, Inner};
use crate::{
    breaker::{Mode, Opening, State, outbox::Outbox, stakes::Stakes},
    clock::Tick,
    config::Config,
    observe::{
        event::Event,
        look::{Aside, Look, met},
        snapshot::{Snapshot, Totals},
    },
    primitive::lock,
};

impl Core {
    pub(crate) fn config(&self) -> Config {
        lock(&self.inner).config.clone()
    }

    /// What would be lost with the breaker.
    pub(crate) fn stakes(&self) -> Stakes {
        if self.word().is_closed() {
            return Stakes::Row;
        }
        Stakes::of(&lock(&self.inner).machine, Tick::now())
    }

    pub(crate) fn state(&self) -> State {
        let word = self.word();
        if word.is_closed() {
            return State::Closed;
        }
        let state = lock(&self.inner).machine.state(Tick::now());
        if state == State::HalfOpen && word.is_watched() {
            // The timer may be late, and who has read this may be the probe.
            self.stop_watching(word.generation());
        }
        state
    }

    /// Whether the breaker is open and turns calls away, so that one more would be made in vain.
    #[inline]
    pub(crate) fn is_shut(&self) -> bool {
        let word = self.word();
        !word.is_closed()
            && (word.turns_away() || (!word.is_disabled() && self.state() == State::Open))
    }

    pub(crate) fn mode(&self) -> Mode {
        lock(&self.inner).machine.mode(Tick::now())
    }

    /// The present opening, if the breaker is open and stays so while it is read.
    #[inline]
    pub(in crate::breaker) fn present_opening(&self) -> Option<Opening> {
        // The fields are written one by one, and before the word. No other opening's can be under way
        // while the word is open, so they belong together if it was and still is the same.
        let before = self.word();
        let opening = self.published.load();
        (before.is_open() && self.word() == before).then_some(opening)
    }

    /// The present opening or else the latest.
    pub(in crate::breaker) fn latest_opening(&self) -> Opening {
        lock(&self.inner).machine.opening()
    }

    /// When the mode that an operator set ends by itself.
    pub(in crate::breaker) fn mode_until(&self) -> Tick {
        self.published.mode_until()
    }

    /// The latest events, oldest first.
    pub(crate) fn history(&self) -> Vec<Event> {
        lock(&self.inner).outbox.as_ref().map(|outbox| outbox.history()).unwrap_or_default()
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.look(Duration::ZERO).snapshot
    }

    /// Whether the program's health hangs on the breaker, and what callers meet.
    pub(crate) fn standing(&self) -> (bool, State) {
        let now = Tick::now();
        let inner = lock(&self.inner);
        let Inner { machine, config, .. } = &*inner;
        (config.critical(), met(machine.state(now), machine.mode(now)))
    }

    /// The breaker at this moment, with its changes of the latest so long.
    pub(crate) fn look(&self, within: Duration) -> Look {
        let now = Tick::now();
        let inner = lock(&self.inner);
        let (config, ledger) = (inner.config.clone(), inner.ledger.clone());
        let machine = inner.machine.as_of(now, &config, self.passed());
        let sheds = machine.sheds(now, &config);
        let outbox = inner.outbox.as_deref();
        let recent = outbox.map(|outbox| outbox.recent(now, within)).unwrap_or_default();
        let down_since = outbox.and_then(Outbox::down_since);
        drop(inner);
        let ledger = ledger.read();
        let (sums, extras) = (self.stripes.sums(), self.extra_counts());
        let totals = Totals {
            calls: sums.admitted,
            successes: sums.successes + ledger.successes,
            failures: ledger.failures,
            ignored: ledger.ignored,
            rejected: sums.rejected,
            timeouts: ledger.timeouts,
            slow: ledger.slow,
            cancelled: ledger.cancelled,
            fallbacks: sums.fallbacks + extras.fallback_failures,
            fallback_failures: extras.fallback_failures,
            stale_answers: extras.stale_answers,
            retries: extras.retries,
        };
        let spread = self.spread();
        let times = spread.figures(u128::from(sums.timed_nanos), sums.slowest_nanos);
        let snapshot = Snapshot::new(now, &self.name, config, &machine, totals)
            .with_times(times)
            .with_last(now, sums.last_success, ledger.last_failure)
            .with_last_error(ledger.last_error);
        #[cfg(feature = "redis")]
        let snapshot = Snapshot { shared: self.standing_among_others(), ..snapshot };
        let aside =
            Aside { failed_retries: extras.failed_retries, bulkhead_full: extras.bulkhead_full };
        Look { snapshot, now, since: machine.since(now), down_since, recent, spread, aside, sheds }
    }
}
