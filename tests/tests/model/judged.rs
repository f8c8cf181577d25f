//! Every judged call since the breaker came to its present state, and what can be read from them.

use std::time::Duration;

use super::settings::{Over, Settings};

/// Time since the script began.
pub(crate) type Time = Duration;

/// What is further away no program lives to see.
pub(crate) const AGES: Duration = Duration::from_secs(100 * 365 * 86_400);

/// `None` is never.
pub(crate) fn after(now: Time, wait: Duration) -> Option<Time> {
    (wait < AGES).then(|| now + wait)
}

/// What opens a breaker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Why {
    Row { count: u32 },
    FailureRate { failures: u32, calls: u32 },
    SlowCallRate { slow: u32, calls: u32 },
    ProbeFailed,
    ProbeSlow,
    Forced,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    Success,
    Failure,
    /// Dropped by its caller, and slow by then: it takes a place in the window and nothing else.
    OnlySlow,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Judged {
    at: Time,
    /// What the breaker may take for the time, once a change of its window has blurred it.
    at_most: Time,
    verdict: Verdict,
    slow: bool,
}

impl Judged {
    pub(crate) fn new(at: Time, verdict: Verdict, slow: bool) -> Self {
        Self { at, at_most: at, verdict, slow }
    }
}

/// How late a call may leave a window of time: by its slice, and by what dividing it rounds.
fn slice(time: Duration) -> Duration {
    time / 16 + Duration::from_nanos(16)
}

/// What a window shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Figures {
    pub(crate) successes: u32,
    pub(crate) failures: u32,
    pub(crate) slow: u32,
    /// All that take a place.
    pub(crate) places: u32,
}

impl Figures {
    fn of(calls: &[Judged]) -> Self {
        let count = |wanted: &dyn Fn(&Judged) -> bool| {
            u32::try_from(calls.iter().filter(|call| wanted(call)).count()).unwrap()
        };
        Self {
            successes: count(&|call| call.verdict == Verdict::Success),
            failures: count(&|call| call.verdict == Verdict::Failure),
            slow: count(&|call| call.slow),
            places: count(&|_| true),
        }
    }

    pub(crate) fn judged(&self) -> u32 {
        self.successes + self.failures
    }

    pub(crate) fn failure_rate(&self, min_calls: u32) -> Option<f64> {
        (self.judged() >= min_calls).then(|| f64::from(self.failures) / f64::from(self.judged()))
    }

    pub(crate) fn slow_call_rate(&self, min_calls: u32) -> Option<f64> {
        (self.places >= min_calls).then(|| f64::from(self.slow) / f64::from(self.places))
    }

    /// The share of calls to be shed.
    pub(crate) fn shed(&self, factor: f64) -> f64 {
        let (requests, successes) = (f64::from(self.judged()), f64::from(self.successes));
        ((requests - factor * successes) / (requests + 1.0)).max(0.0)
    }
}

/// The calls in the order in which they ended.
///
/// A window is a number of the last of them. For a window of time there may be several: what has
/// left it counts no more, though up to one slice late.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calls {
    all: Vec<Judged>,
    /// Calls before the first have left the window for good, calls from the second on have not
    /// been taken out of it by a change of settings.
    kept: (usize, usize),
}

impl Calls {
    pub(crate) fn push(&mut self, call: Judged) {
        self.all.push(call);
    }

    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }

    /// The failures since the last success.
    pub(crate) fn row(&self) -> u32 {
        let row = self.all.iter().rev().filter(|call| call.verdict != Verdict::OnlySlow);
        u32::try_from(row.take_while(|call| call.verdict == Verdict::Failure).count()).unwrap()
    }

    /// Where the window may begin: the earliest and the latest of the calls.
    fn starts(&self, over: Over, now: Time) -> (usize, usize) {
        let (earliest, latest) = match over {
            Over::Calls(calls) => {
                let start = self.all.len().saturating_sub(calls as usize);
                (start, start)
            }
            Over::Time(time) => {
                let late = time.saturating_add(slice(time));
                let gone = self.all.iter().take_while(|call| now - call.at_most > late);
                let over = self.all.iter().take_while(|call| now - call.at >= time);
                (gone.count(), over.count())
            }
        };
        (earliest.max(self.kept.0), latest.max(self.kept.1))
    }

    /// What the window may show, the fullest first.
    pub(crate) fn figures(&self, over: Over, now: Time) -> Vec<Figures> {
        let (earliest, latest) = self.starts(over, now);
        let mut figures: Vec<_> =
            (earliest..=latest).map(|start| Figures::of(&self.all[start..])).collect();
        figures.dedup();
        figures
    }

    /// What the window of the old settings holds is what the new one starts with, as far as it fits.
    pub(crate) fn change_window(&mut self, old: &Settings, new: &Settings, now: Time) {
        match (old.window(), new.window()) {
            (one, other) if one == other => {}
            (Over::Calls(_), Over::Calls(_)) => {
                self.kept = self.starts(old.window(), now);
                self.kept = self.starts(new.window(), now);
            }
            (Over::Time(time), Over::Time(_)) => {
                self.kept = self.starts(old.window(), now);
                for call in &mut self.all {
                    call.at_most = call.at_most.saturating_add(slice(time)).min(now);
                }
                self.kept = self.starts(new.window(), now);
            }
            _ => self.kept = (self.all.len(), self.all.len()),
        }
    }

    /// What the call that ended last may have brought about.
    pub(crate) fn consequences(&self, settings: &Settings, now: Time) -> Vec<Option<Why>> {
        let Some(last) = self.all.last() else { return vec![None] };
        let failed = last.verdict == Verdict::Failure;
        if failed && self.row() >= settings.failure_threshold() {
            return vec![Some(Why::Row { count: self.row() })];
        }
        let mut found = Vec::new();
        for figures in self.figures(settings.window(), now) {
            let reason = by_rate(figures, settings, failed, last.slow);
            if !found.contains(&reason) {
                found.push(reason);
            }
        }
        found
    }

    /// When the first call of the window leaves it.
    pub(crate) fn window_end(&self, time: Duration, now: Time) -> Option<Time> {
        let first = self.all.get(self.starts(Over::Time(time), now).0)?;
        after(first.at, time)
    }
}

fn by_rate(figures: Figures, settings: &Settings, failed: bool, slow: bool) -> Option<Why> {
    let min_calls = settings.min_calls();
    let reached = |rate: Option<f64>, bound: Option<f64>| {
        rate.zip(bound).is_some_and(|(rate, bound)| rate >= bound)
    };
    if failed && reached(figures.failure_rate(min_calls), settings.failure_rate()) {
        return Some(Why::FailureRate { failures: figures.failures, calls: figures.judged() });
    }
    if (failed || slow) && reached(figures.slow_call_rate(min_calls), settings.slow_call_rate()) {
        return Some(Why::SlowCallRate { slow: figures.slow, calls: figures.places });
    }
    None
}
