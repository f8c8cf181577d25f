//! Windows of calls and of time: what the latest calls ended in, in O(1) of memory and of time per
//! call.
//!
//! A window is plain data, told the time. A plain success need not be told one by one: how many there
//! were since the last failure is enough.

mod calls;
mod time;

pub(crate) use calls::CallWindow;
pub(crate) use time::TimeWindow;

use crate::{clock::Tick, config::Window as Setting};

/// How one call ended, where that is more than a plain success.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mark {
    Failure,
    SlowFailure,
    SlowSuccess,
    /// Dropped by its caller after it had run for too long: neither success nor failure, but slow.
    SlowDrop,
}

impl Mark {
    pub(crate) fn is_failure(self) -> bool {
        matches!(self, Self::Failure | Self::SlowFailure)
    }

    pub(crate) fn is_slow(self) -> bool {
        self != Self::Failure
    }
}

/// What the calls in a window ended in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Counts {
    /// All calls in the window.
    pub(crate) calls: u64,
    pub(crate) failures: u64,
    pub(crate) slow: u64,
    /// Those of the slow ones that were dropped, and so neither succeeded nor failed.
    pub(crate) dropped: u64,
}

impl Counts {
    /// Successes and failures.
    pub(crate) fn judged(&self) -> u64 {
        self.calls - self.dropped
    }

    pub(crate) fn successes(&self) -> u64 {
        self.judged() - self.failures
    }

    /// Failures ÷ (successes + failures); `None` below so many calls.
    pub(crate) fn failure_rate(&self, min_calls: u32) -> Option<f64> {
        share(self.failures, self.judged(), min_calls)
    }

    /// Slow calls ÷ all; `None` below so many calls.
    pub(crate) fn slow_call_rate(&self, min_calls: u32) -> Option<f64> {
        share(self.slow, self.calls, min_calls)
    }

    fn count(&mut self, mark: Mark) {
        self.calls += 1;
        self.failures += u64::from(mark.is_failure());
        self.slow += u64::from(mark.is_slow());
        self.dropped += u64::from(mark == Mark::SlowDrop);
    }

    fn discount(&mut self, mark: Mark) {
        self.failures -= u64::from(mark.is_failure());
        self.slow -= u64::from(mark.is_slow());
        self.dropped -= u64::from(mark == Mark::SlowDrop);
    }

    fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.failures += other.failures;
        self.slow += other.slow;
        self.dropped += other.dropped;
    }
}

#[allow(clippy::cast_precision_loss, reason = "counts of calls are far below 2^52")]
fn share(part: u64, of: u64, least: u32) -> Option<f64> {
    (of >= u64::from(least.max(1))).then(|| part as f64 / of as f64)
}

/// The latest calls: so many of them, or those of so long a time.
#[derive(Clone, Debug)]
pub(crate) enum Window {
    Calls(CallWindow),
    Time(TimeWindow),
}

impl Window {
    /// An empty window.
    pub(crate) fn new(setting: Setting, now: Tick) -> Self {
        match setting {
            Setting::Calls(calls) => Self::Calls(CallWindow::new(calls)),
            Setting::Time(time) => Self::Time(TimeWindow::new(time, now)),
        }
    }

    /// Takes so many plain successes, which ended after what was told before and up to now.
    pub(crate) fn add_successes(&mut self, successes: u64) {
        match self {
            Self::Calls(window) => window.add_successes(successes),
            Self::Time(window) => window.add_successes(successes),
        }
    }

    /// What is told without a time from here on, ended now.
    pub(crate) fn begin_slice(&mut self, now: Tick) {
        if let Self::Time(window) = self {
            window.advance(now);
        }
    }

    /// Takes one plain success.
    pub(crate) fn add_success(&mut self, now: Tick) {
        self.begin_slice(now);
        self.add_successes(1);
    }

    /// Takes any other call.
    pub(crate) fn add(&mut self, mark: Mark, now: Tick) {
        match self {
            Self::Calls(window) => window.add(mark),
            Self::Time(window) => window.add(mark, now),
        }
    }

    pub(crate) fn counts(&self, now: Tick) -> Counts {
        match self {
            Self::Calls(window) => window.counts(),
            Self::Time(window) => window.counts(now),
        }
    }

    /// Another size: keeps what still fits. Between calls and time nothing does, since the one does
    /// not know when calls ended and the other not in which order.
    pub(crate) fn refit(&mut self, setting: Setting, now: Tick) {
        match (&mut *self, setting) {
            (Self::Calls(window), Setting::Calls(calls)) => window.resize(calls),
            (Self::Time(window), Setting::Time(time)) => *window = window.refitted(time, now),
            _ => *self = Self::new(setting, now),
        }
    }
}
