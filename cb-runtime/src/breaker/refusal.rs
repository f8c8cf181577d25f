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
        if self.refused != Refused::Open {
            return self.into_rare_error();
        }
        // The name last: until it is cloned there is nothing to drop, should anything here panic.
        let opening = self.core.opening();
        CircuitError::Open { name: self.core.name().clone(), opening }
    }

    #[cold]
    #[inline(never)]
    fn into_rare_error(self) -> CircuitError {
        let name = self.core.name().clone();
        match self.refused {
            Refused::Open => CircuitError::Open { name, opening: self.core.opening() },
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
