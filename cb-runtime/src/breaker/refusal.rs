//! A call that was turned away.

use super::{core::Core, machine::Refused};
use crate::{clock::Tick, error::CircuitError};

/// A call that was not admitted: the error is made only when somebody wants it.
#[derive(Clone, Copy)]
#[must_use]
pub struct Refusal<'a> {
    pub(super) core: &'a Core,
    pub(super) refused: Refused,
}

impl Refusal<'_> {
    /// The error that says why.
    #[inline]
    pub fn into_error(self) -> CircuitError {
        // Each in a return of its own, so that the opening goes from the breaker into the error and is in
        // no place between: 4 ns a rejection.
        match self.core.present_opening() {
            Some(opening) if self.refused == Refused::Open => {
                CircuitError::Open { name: self.core.name().clone(), opening }
            }
            _ => self.into_rare_error(),
        }
    }

    #[cold]
    #[inline(never)]
    fn into_rare_error(self) -> CircuitError {
        let name = self.core.name().clone();
        match self.refused {
            Refused::Open => CircuitError::Open { name, opening: self.core.latest_opening() },
            Refused::HalfOpen => CircuitError::HalfOpen { name },
            Refused::Shed => CircuitError::Shed { name },
            Refused::ForcedOpen => {
                let until = self.core.mode_until();
                CircuitError::ForcedOpen {
                    name,
                    until: (until != Tick::NEVER).then(|| until.instant()),
                }
            }
        }
    }
}
