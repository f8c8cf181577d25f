//! The store's clock, as an instance reckons it.

use std::time::Duration;

use crate::{clock::Tick, shared::wire::Millis};

/// What the store's clock showed at some time by ours. An answer has been on its way since it was
/// given, so this is late by that, which is no more than an answer may take.
#[derive(Clone, Copy, Debug)]
pub(in crate::shared) struct StoreClock {
    theirs: Millis,
    ours: Tick,
}

impl StoreClock {
    pub(in crate::shared) fn new(theirs: Millis, ours: Tick) -> Self {
        Self { theirs, ours }
    }

    /// Takes the time of an answer.
    pub(super) fn set(&mut self, theirs: Millis, ours: Tick) {
        *self = Self::new(theirs, ours);
    }

    /// Takes the time of what was published: it may be older, and then says nothing.
    pub(super) fn heard(&mut self, theirs: Millis, ours: Tick) {
        if theirs > self.theirs(ours) {
            self.set(theirs, ours);
        }
    }

    /// What the store's clock shows at a time by ours.
    pub(super) fn theirs(&self, ours: Tick) -> Millis {
        let after = millis(ours.since(self.ours));
        self.theirs.saturating_add(after).saturating_sub(millis(self.ours.since(ours)))
    }

    /// When by our clock the store's shows this.
    pub(in crate::shared) fn ours(&self, theirs: Millis) -> Tick {
        match theirs.checked_sub(self.theirs) {
            Some(ahead) => self.ours.after(Duration::from_millis(ahead)),
            None => {
                let behind = i64::try_from(self.theirs - theirs).unwrap_or(i64::MAX);
                Tick(self.ours.0.saturating_sub(behind.saturating_mul(1_000_000)))
            }
        }
    }
}

fn millis(time: Duration) -> Millis {
    Millis::try_from(time.as_millis()).unwrap_or(Millis::MAX)
}

#[cfg(all(test, not(cb_loom)))]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    #[test]
    fn a_time_survives_the_way_there_and_back() {
        let clock = StoreClock::new(50_000, Tick(7 * SECOND));
        for seconds in [-40, 0, 7, 8, 5_000] {
            let tick = Tick(seconds * SECOND);
            assert_eq!(clock.ours(clock.theirs(tick)), tick, "{seconds}");
        }
        assert_eq!(clock.theirs(Tick(9 * SECOND)), 52_000);
        assert_eq!(clock.theirs(Tick(-900 * SECOND)), 0);
    }

    #[test]
    fn what_was_published_moves_it_ahead_only() {
        let mut clock = StoreClock::new(50_000, Tick(0));
        clock.heard(50_500, Tick(SECOND));
        assert_eq!(clock.theirs(Tick(SECOND)), 51_000);
        clock.heard(51_200, Tick(SECOND));
        assert_eq!(clock.theirs(Tick(SECOND)), 51_200);
        clock.set(10, Tick(SECOND));
        assert_eq!(clock.theirs(Tick(SECOND)), 10, "another store's clock");
    }
}
