//! What is known of an opening: when, until when, why.

use std::{fmt, time::Duration};

use tokio::time::Instant;

use crate::{
    clock::Tick,
    policy::OpenReason,
    primitive::{AtomicI64, AtomicU64, Ordering},
};

/// One time a breaker opened: since when it has been open, until when, and why.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    pub(crate) since: Tick,
    pub(crate) until: Tick,
    reason: Packed,
}

/// A reason in one word: what a rejection has to copy is short, and what it means is found out when
/// somebody asks.
///
/// The kind is in the low four bits, above it are two figures of thirty bits each.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Packed(u64);

impl Opening {
    pub(crate) fn new(since: Tick, until: Tick, reason: OpenReason) -> Self {
        Self { since, until, reason: Packed::new(reason) }
    }

    /// When the breaker opened.
    pub fn since(&self) -> Instant {
        self.since.instant()
    }

    /// What opened it.
    pub fn reason(&self) -> OpenReason {
        self.reason.unpack()
    }

    /// How long the breaker stays open from now on; zero once it is due to admit a probe. Reads the
    /// clock.
    pub fn remaining(&self) -> Duration {
        self.until.since(Tick::now())
    }
}

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opening")
            .field("reason", &self.reason())
            .field("lasts", &self.until.since(self.since))
            .finish_non_exhaustive()
    }
}

/// The latest opening, and the end of a set mode, where a rejection can read them without the lock.
///
/// It is written under the lock and before the state word that makes it the present one. Who reads a
/// part of an opening has also read the words that came before that opening, by `Release` and
/// `Acquire`: so a reader that finds the word as it was has parts of one opening only.
#[derive(Debug)]
pub(crate) struct Published {
    since: AtomicI64,
    until: AtomicI64,
    reason: AtomicU64,
    mode_until: AtomicI64,
    /// In nanoseconds, the shortest `slow_call` there has ever been: it only falls, so who reads an
    /// earlier one reads one that is no shorter than its own time knew.
    quickest_slow: AtomicU64,
}

impl Published {
    pub(crate) fn new(quickest_slow: u64) -> Self {
        Self {
            since: AtomicI64::new(0),
            until: AtomicI64::new(0),
            reason: AtomicU64::new(0),
            mode_until: AtomicI64::new(Tick::NEVER.0),
            quickest_slow: AtomicU64::new(quickest_slow),
        }
    }

    pub(crate) fn store(&self, opening: &Opening, mode_until: Tick) {
        self.mode_until.store(mode_until.0, Ordering::Relaxed);
        self.since.store(opening.since.0, Ordering::Release);
        self.until.store(opening.until.0, Ordering::Release);
        self.reason.store(opening.reason.0, Ordering::Release);
    }

    #[inline]
    pub(crate) fn until(&self) -> Tick {
        Tick(self.until.load(Ordering::Acquire))
    }

    /// When the mode that an operator set ends by itself.
    pub(crate) fn mode_until(&self) -> Tick {
        Tick(self.mode_until.load(Ordering::Relaxed))
    }

    /// Whether the mode's time has run out. Reads the clock where it has one.
    pub(crate) fn is_mode_over(&self) -> bool {
        let until = self.mode_until();
        until != Tick::NEVER && until <= Tick::now()
    }

    /// To be called before the word is stored that tells of other settings.
    pub(crate) fn store_quickest_slow(&self, quickest_slow: u64) {
        self.quickest_slow.store(quickest_slow, Ordering::Relaxed);
    }

    /// In nanoseconds, what no slow call is quicker than.
    pub(crate) fn quickest_slow(&self) -> u64 {
        self.quickest_slow.load(Ordering::Relaxed)
    }

    #[inline]
    pub(crate) fn load(&self) -> Opening {
        Opening {
            since: Tick(self.since.load(Ordering::Acquire)),
            until: self.until(),
            reason: Packed(self.reason.load(Ordering::Acquire)),
        }
    }
}

const KIND: u32 = 4;
const FIGURE: u32 = 30;

impl Packed {
    fn new(reason: OpenReason) -> Self {
        let with = |kind: u64, one: u32, other: u32| {
            // Figures too large for thirty bits keep their proportion.
            let excess = (u32::BITS - (one | other).leading_zeros()).saturating_sub(FIGURE);
            u64::from(one >> excess) << (KIND + FIGURE) | u64::from(other >> excess) << KIND | kind
        };
        Self(match reason {
            OpenReason::ProbeFailed => 0,
            OpenReason::ConsecutiveFailures { count } => with(1, 0, count),
            OpenReason::FailureRate { failures, calls } => with(2, failures, calls),
            OpenReason::SlowCallRate { slow, calls } => with(3, slow, calls),
            OpenReason::StayAway => 4,
            OpenReason::ProbeSlow => 5,
            OpenReason::HealthCheckFailed => 6,
            OpenReason::ForcedOpen => 7,
            OpenReason::Elsewhere => 8,
        })
    }

    fn unpack(self) -> OpenReason {
        let figure = |shift: u32| {
            let figure = (self.0 >> shift) & ((1 << FIGURE) - 1);
            u32::try_from(figure).unwrap_or(u32::MAX)
        };
        let (one, other) = (figure(KIND + FIGURE), figure(KIND));
        match self.0 & ((1 << KIND) - 1) {
            1 => OpenReason::ConsecutiveFailures { count: other },
            2 => OpenReason::FailureRate { failures: one, calls: other },
            3 => OpenReason::SlowCallRate { slow: one, calls: other },
            4 => OpenReason::StayAway,
            5 => OpenReason::ProbeSlow,
            6 => OpenReason::HealthCheckFailed,
            7 => OpenReason::ForcedOpen,
            8 => OpenReason::Elsewhere,
            _ => OpenReason::ProbeFailed,
        }
    }
}

#[cfg(all(test, not(cb_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_reason_survives_the_way_through_a_word() {
        let reasons = [
            OpenReason::ProbeFailed,
            OpenReason::ConsecutiveFailures { count: 5 },
            OpenReason::FailureRate { failures: 6, calls: 10 },
            OpenReason::SlowCallRate { slow: 1, calls: 1_000_000 },
            OpenReason::StayAway,
            OpenReason::ProbeSlow,
            OpenReason::HealthCheckFailed,
            OpenReason::ForcedOpen,
            OpenReason::Elsewhere,
        ];
        for reason in reasons {
            assert_eq!(Packed::new(reason).unpack(), reason);
        }
    }

    #[test]
    fn figures_that_do_not_fit_keep_their_proportion() {
        let reason = OpenReason::FailureRate { failures: 1 << 31, calls: u32::MAX };
        let half = OpenReason::FailureRate { failures: 1 << 29, calls: u32::MAX >> 2 };
        assert_eq!(Packed::new(reason).unpack(), half);
    }
}
