//! What is measured of breakers: their own counters, read when somebody asks, so that they cost a call
//! nothing.
//!
//! The breakers of one name, a plain one and those of each key, are one set of figures. [`metrics`] has
//! what is made of it.

pub(crate) mod changes;
pub(crate) mod gone;
#[cfg(any(feature = "prometheus", feature = "otel"))]
pub(crate) mod metrics;

use changes::Changes;

use super::latency::Spread;
use crate::{breaker::State, name::Name};

/// All that is measured of one name at one moment.
#[derive(Clone, Debug)]
pub(crate) struct Figures {
    pub(crate) name: Name,
    pub(crate) now: Present,
    pub(crate) counts: Counts,
}

/// What breakers are at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Present {
    /// What calls meet; of several breakers, the worst that one of them has.
    pub(crate) state: State,
    /// Of several breakers, the highest; `None` where each has seen too few calls.
    pub(crate) failure_ratio: Option<f64>,
    /// The same; `None` too where no `slow_call` is set.
    pub(crate) slow_ratio: Option<f64>,
}

/// What only grows. Each number is read by itself: it never falls from one reading to the next, and
/// between two of them calls may have been made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) successes: u64,
    pub(crate) failures: u64,
    /// Those that their caller dropped among them.
    pub(crate) ignored: u64,
    pub(crate) rejected: u64,
    pub(crate) slow: u64,
    /// Answers of fallbacks that were no failures.
    pub(crate) fallbacks: u64,
    pub(crate) fallback_failures: u64,
    pub(crate) stale_answers: u64,
    pub(crate) retries: u64,
    /// How long all timed calls took together.
    pub(crate) timed_nanos: u64,
    pub(crate) spread: Spread,
    pub(crate) changes: Changes,
}

impl Figures {
    /// Those of a name that has no breaker yet.
    pub(crate) fn none(name: Name) -> Self {
        Self { name, now: Present::NONE, counts: Counts::default() }
    }

    /// Adds those of another breaker of the name.
    pub(crate) fn add(&mut self, now: Present, counts: &Counts) {
        self.now.add(now);
        self.counts.add(counts);
    }
}

impl Present {
    const NONE: Self = Self { state: State::Closed, failure_ratio: None, slow_ratio: None };

    fn add(&mut self, other: Self) {
        if severity(other.state) > severity(self.state) {
            self.state = other.state;
        }
        self.failure_ratio = higher(self.failure_ratio, other.failure_ratio);
        self.slow_ratio = higher(self.slow_ratio, other.slow_ratio);
    }
}

/// How bad it is for callers, which is also the number that stands for it.
pub(crate) fn severity(state: State) -> u64 {
    match state {
        State::Closed => 0,
        State::HalfOpen => 1,
        State::Open => 2,
    }
}

fn higher(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    [one, other].into_iter().flatten().reduce(f64::max)
}

impl Counts {
    pub(crate) fn add_if_any(&mut self, other: Option<Box<Self>>) {
        if let Some(other) = other {
            self.add(&other);
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        let Self {
            successes,
            failures,
            ignored,
            rejected,
            slow,
            fallbacks,
            fallback_failures,
            stale_answers,
            retries,
            timed_nanos,
            spread,
            changes,
        } = self;
        *successes += other.successes;
        *failures += other.failures;
        *ignored += other.ignored;
        *rejected += other.rejected;
        *slow += other.slow;
        *fallbacks += other.fallbacks;
        *fallback_failures += other.fallback_failures;
        *stale_answers += other.stale_answers;
        *retries += other.retries;
        *timed_nanos = timed_nanos.saturating_add(other.timed_nanos);
        spread.add(&other.spread);
        changes.add(&other.changes);
    }
}
