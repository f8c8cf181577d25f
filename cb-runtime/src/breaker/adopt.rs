//! What other instances of the program have decided, taken over by the machine.

use std::time::Duration;

use super::{
    change::TransitionReason,
    machine::{Machine, Phase, Step},
    opening::Opening,
    state::{Mode, State},
};
use crate::{clock::Tick, config::Config, policy::OpenReason};

/// So much later or earlier is the same: what travels between instances is not more exact.
const SAME: Duration = Duration::from_millis(20);

/// What others are to know of a breaker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Standing {
    /// Of what the breaker decided by itself; what an operator has set is not seen in it. Half-open is
    /// open here, with its time over.
    pub(crate) is_open: bool,
    /// The latest opening.
    pub(crate) opening: Opening,
    /// The openings in a row.
    pub(crate) row: u32,
}

impl Machine {
    /// Is open until then, as others are, and has opened so often in a row. Only figures are kept of a
    /// dry run, which is to find out what this breaker would do by itself.
    pub(crate) fn adopt_opening(&mut self, until: Tick, row: u32, step: &mut Step<'_>) {
        self.catch_up(step);
        if self.mode == Mode::MetricsOnly {
            return;
        }
        if let Phase::Open = self.phase {
            self.stay_open(until, row, step);
            return;
        }
        let time = until.since(step.now);
        self.set_row(row.saturating_sub(1));
        self.open(OpenReason::Elsewhere, Some(time), step);
    }

    /// Is open until then, and has opened so often in a row, if it is open still.
    pub(crate) fn stay_open(&mut self, until: Tick, row: u32, step: &mut Step<'_>) {
        self.catch_up(step);
        if self.mode == Mode::MetricsOnly || !matches!(self.phase, Phase::Open) {
            return;
        }
        let present = self.opening().until;
        if until.since(present) > SAME || present.since(until) > SAME {
            // A health check that waits for the other end is begun anew.
            self.checked = false;
            self.move_opening(until);
        }
        self.set_row(row);
    }

    /// Is closed, as others are, unless it has opened anew since it was looked at: then `latest` was the
    /// beginning of its latest opening.
    pub(crate) fn adopt_closing(&mut self, latest: Tick, step: &mut Step<'_>) {
        self.catch_up(step);
        if self.opening().since != latest {
            return;
        }
        if self.mode != Mode::MetricsOnly && !matches!(self.phase, Phase::Closed) {
            self.forget_openings();
            self.enter(Phase::Closed, TransitionReason::ClosedElsewhere, None, step);
        }
    }

    /// What others are to know.
    pub(crate) fn standing(&self) -> Standing {
        Standing {
            is_open: self.mode != Mode::MetricsOnly && !matches!(self.phase, Phase::Closed),
            opening: self.opening(),
            row: self.row_of_openings(),
        }
    }

    /// Others have all probes that there may be: none is admitted before then.
    pub(crate) fn deny_probes(&mut self, until: Tick) {
        if let Phase::HalfOpen(probes) = &mut self.phase {
            probes.deny(until);
        }
    }

    /// Whether a caller who came now would be a probe.
    pub(crate) fn is_due(&self, now: Tick, config: &Config) -> bool {
        let is_free = match &self.phase {
            Phase::HalfOpen(probes) => probes.is_free(now, config),
            Phase::Closed | Phase::Open => true,
        };
        is_free
            && self.mode(now) == Mode::Normal
            && !self.checked
            && self.state(now) == State::HalfOpen
    }
}
