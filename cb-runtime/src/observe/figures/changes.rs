//! Counts of the changes of what callers meet, and for how long that was an open breaker.

use crate::{
    breaker::{OpenReason, State, TransitionReason},
    clock::Tick,
};

/// Every change of state that there can be. A closed breaker becomes half-open by way of open.
pub(crate) const TRANSITIONS: [(State, State); 5] = [
    (State::Closed, State::Open),
    (State::Open, State::HalfOpen),
    (State::Open, State::Closed),
    (State::HalfOpen, State::Closed),
    (State::HalfOpen, State::Open),
];

/// The words for what opens a breaker, in the order of [`place`].
pub(crate) const REASONS: [&str; 9] = [
    "consecutive_failures",
    "failure_rate",
    "slow_call_rate",
    "stay_away",
    "probe_failed",
    "probe_slow",
    "health_check_failed",
    "forced_open",
    "elsewhere",
];

fn place(reason: OpenReason) -> usize {
    match reason {
        OpenReason::ConsecutiveFailures { .. } => 0,
        OpenReason::FailureRate { .. } => 1,
        OpenReason::SlowCallRate { .. } => 2,
        OpenReason::StayAway => 3,
        OpenReason::ProbeFailed => 4,
        OpenReason::ProbeSlow => 5,
        OpenReason::HealthCheckFailed => 6,
        OpenReason::ForcedOpen => 7,
        OpenReason::Elsewhere => 8,
    }
}

/// How often a breaker has changed, and how long it was open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    /// By their places in [`TRANSITIONS`].
    pub(crate) transitions: [u64; TRANSITIONS.len()],
    /// By their places in [`REASONS`].
    pub(crate) trips: [u64; REASONS.len()],
    /// In nanoseconds.
    pub(crate) open: u64,
}

impl Changes {
    pub(crate) fn add(&mut self, other: &Self) {
        let Self { transitions, trips, open } = self;
        transitions.iter_mut().zip(other.transitions).for_each(|(count, more)| *count += more);
        trips.iter_mut().zip(other.trips).for_each(|(count, more)| *count += more);
        *open = open.saturating_add(other.open);
    }
}

/// A time in which callers meet, or will meet, an open breaker, as far as that can be told without
/// another change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OpenSpan {
    pub(crate) since: Tick,
    pub(crate) until: Tick,
}

/// The same of a breaker that goes on changing.
#[derive(Default)]
pub(crate) struct Changing {
    sum: Changes,
    open: Option<OpenSpan>,
}

impl Changing {
    /// Counts a change that was made, and no dry run.
    pub(crate) fn count(&mut self, from: State, to: State, reason: TransitionReason) {
        if let Some(at) = TRANSITIONS.iter().position(|known| *known == (from, to)) {
            self.sum.transitions[at] += 1;
        }
        if let TransitionReason::Opened { reason } = reason {
            self.sum.trips[place(reason)] += 1;
        }
    }

    /// Something has changed at `now`, and callers meet an open breaker then and then.
    pub(crate) fn turn(&mut self, now: Tick, open: Option<OpenSpan>) {
        self.sum.open = self.open_until(now);
        self.open = open;
    }

    /// What there has been up to now, the present opening included.
    pub(crate) fn until(&self, now: Tick) -> Changes {
        Changes { open: self.open_until(now), ..self.sum.clone() }
    }

    fn open_until(&self, now: Tick) -> u64 {
        let present =
            self.open.map_or(0, |OpenSpan { since, until }| now.min(until).nanos_since(since));
        self.sum.open.saturating_add(present)
    }
}

#[cfg(all(test, not(cb_loom)))]
mod tests {
    use super::*;

    #[test]
    fn an_opening_counts_until_it_is_over_and_no_longer() {
        let mut changing = Changing::default();
        changing.turn(Tick(100), Some(OpenSpan { since: Tick(100), until: Tick(160) }));
        assert_eq!(changing.until(Tick(130)).open, 30);
        assert_eq!(changing.until(Tick(500)).open, 60);
        changing.turn(Tick(150), Some(OpenSpan { since: Tick(200), until: Tick(210) }));
        assert_eq!(changing.until(Tick(190)).open, 50, "the second one has not begun");
        changing.turn(Tick(500), None);
        assert_eq!(changing.until(Tick(900)).open, 60);
    }

    #[test]
    fn each_reason_has_a_word_of_its_own() {
        let reasons = [
            OpenReason::ConsecutiveFailures { count: 5 },
            OpenReason::FailureRate { failures: 1, calls: 2 },
            OpenReason::SlowCallRate { slow: 1, calls: 2 },
            OpenReason::StayAway,
            OpenReason::ProbeFailed,
            OpenReason::ProbeSlow,
            OpenReason::HealthCheckFailed,
            OpenReason::ForcedOpen,
            OpenReason::Elsewhere,
        ];
        let words: Vec<&str> = reasons.into_iter().map(|reason| REASONS[place(reason)]).collect();
        assert_eq!(words, REASONS);
    }
}
