//! What would be lost with a breaker, were it forgotten.

use super::{
    machine::Machine,
    state::{Mode, State},
};
use crate::clock::Tick;

/// What would be lost with a breaker, from the least to the most.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Stakes {
    /// It is closed, and a new one would be too: at most a row of failures.
    Row,
    /// It is half-open, or its open time is over: the probes that would close it.
    Probes,
    /// It is open, or an operator has set it to something: what keeps calls from the service.
    Protection,
}

impl Stakes {
    pub(super) fn of(machine: &Machine, now: Tick) -> Self {
        match (machine.mode(now), machine.state(now)) {
            (Mode::Normal, State::Closed) => Self::Row,
            (Mode::Normal, State::HalfOpen) => Self::Probes,
            _ => Self::Protection,
        }
    }
}
