//! What is measured of a breaker.

use super::Core;
use crate::{
    clock::Tick,
    observe::{
        figures::{Counts, Present},
        look::met,
    },
    primitive::lock,
};

impl Core {
    /// What it is at this moment.
    pub(crate) fn present(&self) -> Present {
        let now = Tick::now();
        let inner = lock(&self.inner);
        let config = &inner.config;
        let machine = inner.machine.as_of(now, config, self.passed());
        let window = machine.counts(now, config);
        Present {
            state: met(machine.state(now), machine.mode(now)),
            failure_ratio: window.failure_rate(config.min_calls()),
            slow_ratio: config.slow_call().and(window.slow_call_rate(config.min_calls())),
        }
    }

    /// What it has counted since it was made.
    pub(crate) fn counts(&self) -> Counts {
        let now = Tick::now();
        let mut counts = Counts::default();
        let inner = lock(&self.inner);
        if let Some(entries) = inner.ledger.entries() {
            counts.successes = entries.successes;
            counts.failures = entries.failures;
            counts.ignored = entries.ignored + entries.cancelled;
            counts.slow = entries.slow;
        }
        if let Some(outbox) = inner.outbox.as_deref() {
            counts.changes = outbox.changes(now);
        }
        drop(inner);
        let (sums, extras) = (self.stripes.sums(), self.extra_counts());
        counts.successes += sums.successes;
        counts.rejected = sums.rejected;
        counts.fallbacks = sums.fallbacks;
        counts.fallback_failures = extras.fallback_failures;
        counts.stale_answers = extras.stale_answers;
        counts.retries = extras.retries;
        counts.timed_nanos = sums.timed_nanos;
        counts.spread = self.spread();
        counts
    }
}
