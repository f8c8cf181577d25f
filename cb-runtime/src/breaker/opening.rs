//! What is known of an opening: when, until when, why.

use std::{fmt, time::Duration};

use serde::Serialize;
use tokio::time::Instant;

use crate::{
    clock::Tick,
    primitive::{AtomicI64, AtomicU64, Ordering},
};

/// Why a breaker opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[non_exhaustive]
pub enum OpenReason {
    /// So many failures in a row, with no success between them.
    ConsecutiveFailures {
        /// The length of the row.
        count: u32,
    },
    /// A probe of the half-open breaker failed.
    ProbeFailed,
}

impl fmt::Display for OpenReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ConsecutiveFailures { count: 1 } => f.write_str("1 failure"),
            Self::ConsecutiveFailures { count } => write!(f, "{count} failures in a row"),
            Self::ProbeFailed => f.write_str("a probe failed"),
        }
    }
}

/// One time a breaker opened: since when it has been open, until when, and why.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    pub(crate) since: Tick,
    pub(crate) until: Tick,
    pub(crate) reason: OpenReason,
}

impl Opening {
    /// When the breaker opened.
    pub fn since(&self) -> Instant {
        self.since.instant()
    }

    /// What opened it.
    pub fn reason(&self) -> OpenReason {
        self.reason
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
            .field("reason", &self.reason)
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
}

impl Published {
    pub(crate) fn new() -> Self {
        Self {
            since: AtomicI64::new(0),
            until: AtomicI64::new(0),
            reason: AtomicU64::new(0),
            mode_until: AtomicI64::new(Tick::NEVER.0),
        }
    }

    pub(crate) fn store(&self, opening: &Opening, mode_until: Tick) {
        self.mode_until.store(mode_until.0, Ordering::Relaxed);
        self.since.store(opening.since.0, Ordering::Release);
        self.until.store(opening.until.0, Ordering::Release);
        self.reason.store(pack(opening.reason), Ordering::Release);
    }

    #[inline]
    pub(crate) fn until(&self) -> Tick {
        Tick(self.until.load(Ordering::Acquire))
    }

    /// When the mode that an operator set ends by itself.
    pub(crate) fn mode_until(&self) -> Tick {
        Tick(self.mode_until.load(Ordering::Relaxed))
    }

    #[inline]
    pub(crate) fn load(&self) -> Opening {
        Opening {
            since: Tick(self.since.load(Ordering::Acquire)),
            until: self.until(),
            reason: unpack(self.reason.load(Ordering::Acquire)),
        }
    }
}

/// The kind in the low half of the word, its figure in the high half.
fn pack(reason: OpenReason) -> u64 {
    match reason {
        OpenReason::ProbeFailed => 0,
        OpenReason::ConsecutiveFailures { count } => u64::from(count) << 32 | 1,
    }
}

#[inline]
fn unpack(word: u64) -> OpenReason {
    match word & 1 {
        0 => OpenReason::ProbeFailed,
        _ => {
            OpenReason::ConsecutiveFailures { count: u32::try_from(word >> 32).unwrap_or(u32::MAX) }
        }
    }
}
