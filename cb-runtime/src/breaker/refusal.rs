//! A call that was turned away.

use super::{core::Core, machine::Refused};
use crate::{clock::Tick, error::CircuitError};

/// A call that was not admitted: the error is made only when somebody wants it.
#[derive(Clone, Copy)]
#[must_use]
pub struct Refusal<'a> {
    core: &'a Core,
    refused: Packed,
}

/// A reason in one number: the kind in the low byte, above it a limit. A refusal is then two words and
/// comes back in registers; with the reason as it is, a rejected call took up to 18 instructions more.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Packed(u64);

impl Packed {
    const OPEN: Self = Self(0);
    const HALF_OPEN: Self = Self(1);
    const FORCED_OPEN: Self = Self(2);
    const SHED: Self = Self(3);
    const BULKHEAD_FULL: u64 = 4;
    /// No reason yet: the call would be a probe, for which others are to be asked first.
    #[cfg(feature = "redis")]
    const LEASE: Self = Self(5);
    const LIMIT: u32 = 8;

    #[inline]
    fn new(refused: Refused) -> Self {
        match refused {
            Refused::Open => Self::OPEN,
            Refused::HalfOpen => Self::HALF_OPEN,
            Refused::ForcedOpen => Self::FORCED_OPEN,
            Refused::Shed => Self::SHED,
            Refused::BulkheadFull(limit) => {
                Self(u64::from(limit) << Self::LIMIT | Self::BULKHEAD_FULL)
            }
        }
    }

    fn unpack(self) -> Refused {
        match self {
            Self::OPEN => Refused::Open,
            Self::HALF_OPEN => Refused::HalfOpen,
            Self::FORCED_OPEN => Refused::ForcedOpen,
            Self::SHED => Refused::Shed,
            // Of one who does not ask.
            #[cfg(feature = "redis")]
            Self::LEASE => Refused::HalfOpen,
            Self(full) => {
                Refused::BulkheadFull(u32::try_from(full >> Self::LIMIT).unwrap_or(u32::MAX))
            }
        }
    }
}

impl<'a> Refusal<'a> {
    #[inline]
    pub(super) fn new(core: &'a Core, refused: Refused) -> Self {
        Self { core, refused: Packed::new(refused) }
    }

    /// No refusal so far: the call would be a probe of a breaker that is shared with other instances, and
    /// has not been counted.
    #[cfg(feature = "redis")]
    pub(crate) fn without_lease(core: &'a Core) -> Self {
        Self { core, refused: Packed::LEASE }
    }

    /// Whether it is for the lease of a probe to decide.
    #[cfg(feature = "redis")]
    #[inline]
    pub fn wants_lease(&self) -> bool {
        self.refused == Packed::LEASE
    }

    #[cfg(feature = "redis")]
    pub(super) fn core(&self) -> &'a Core {
        self.core
    }

    /// The error that says why.
    #[inline]
    pub fn into_error(self) -> CircuitError {
        // Each in a return of its own, so that the opening goes from the breaker into the error and is in
        // no place between: 4 ns a rejection.
        match self.core.present_opening() {
            Some(opening) if self.refused == Packed::OPEN => {
                CircuitError::Open { name: self.core.name().clone(), opening }
            }
            _ => self.into_rare_error(),
        }
    }

    #[cold]
    #[inline(never)]
    fn into_rare_error(self) -> CircuitError {
        let name = self.core.name().clone();
        match self.refused.unpack() {
            Refused::Open => CircuitError::Open { name, opening: self.core.latest_opening() },
            Refused::HalfOpen => CircuitError::HalfOpen { name },
            Refused::Shed => CircuitError::Shed { name },
            Refused::BulkheadFull(limit) => CircuitError::BulkheadFull { name, limit },
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

#[cfg(all(test, not(cb_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_reason_survives_the_packing() {
        let full = [1, 255, 256, u32::MAX].map(Refused::BulkheadFull);
        let others = [Refused::Open, Refused::HalfOpen, Refused::ForcedOpen, Refused::Shed];
        for refused in full.into_iter().chain(others) {
            assert_eq!(Packed::new(refused).unpack(), refused);
        }
    }

    #[test]
    fn a_refusal_is_two_words() {
        assert_eq!(size_of::<Refusal<'_>>(), 2 * size_of::<usize>());
    }
}
