//! What the machine knows of its openings.

use super::{machine::Machine, opening::Opening};
use crate::{clock::Tick, policy::OpenReason};

/// The latest opening, and how many there were.
#[derive(Clone, Debug)]
pub(super) struct Openings {
    /// Of a dry run too, which has its open time.
    pub(super) latest: Opening,
    /// Those that were made.
    pub(super) count: u64,
    /// Of the latest of those.
    pub(super) reason: Option<OpenReason>,
    /// Since the breaker was last closed.
    pub(super) in_a_row: u32,
}

impl Machine {
    /// How often it has opened.
    pub(crate) fn openings(&self) -> u64 {
        self.openings.as_ref().map_or(0, |openings| openings.count)
    }

    /// Why it opened last.
    pub(crate) fn last_opening(&self) -> Option<OpenReason> {
        self.openings.as_ref()?.reason
    }

    /// The latest opening; where there is none, one that is over and says nothing.
    pub(crate) fn opening(&self) -> Opening {
        let none = Opening::new(Tick(0), Tick(0), OpenReason::ProbeFailed);
        self.openings.as_ref().map_or(none, |openings| openings.latest)
    }

    /// The next opening is the first in a row.
    pub(super) fn forget_openings(&mut self) {
        if let Some(openings) = &mut self.openings {
            openings.in_a_row = 0;
        }
    }

    /// The openings since it was last closed.
    #[cfg(feature = "redis")]
    pub(super) fn row_of_openings(&self) -> u32 {
        self.openings.as_ref().map_or(0, |openings| openings.in_a_row)
    }

    /// There have been at least so many openings in a row.
    #[cfg(feature = "redis")]
    pub(super) fn set_row(&mut self, row: u32) {
        if row == 0 && self.openings.is_none() {
            return;
        }
        let none = Openings { latest: self.opening(), count: 0, reason: None, in_a_row: 0 };
        let openings = self.openings.get_or_insert_with(|| Box::new(none));
        openings.in_a_row = openings.in_a_row.max(row);
    }

    /// The present opening ends then.
    #[cfg(feature = "redis")]
    pub(super) fn move_opening(&mut self, until: Tick) {
        if let Some(openings) = &mut self.openings {
            openings.latest.until = until;
            // The timer is set to the end that there was.
            self.watched = false;
            self.generation += 1;
        }
    }
}
