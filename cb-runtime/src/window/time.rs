//! The calls of the last so many seconds.

use std::time::Duration;

use super::{Counts, Mark};
use crate::clock::Tick;

/// A window is cut into so many slices, and a call counts until its whole slice has left.
const SLICES: u64 = 16;

/// The full slices, and the one under way.
const KEPT: usize = 17;

/// The calls that ended in the last so long a time; what has left counts on for up to a sixteenth of
/// that. Takes the same memory whatever the number of calls.
#[derive(Clone, Debug)]
pub(crate) struct TimeWindow {
    origin: Tick,
    /// Of a slice, in nanoseconds.
    width: u64,
    /// The number of the latest slice, from the origin.
    latest: u64,
    /// By the number of a slice modulo [`KEPT`].
    slices: Box<[Counts; KEPT]>,
}

/// How long a slice of a window of this length is, in nanoseconds.
pub(crate) fn slice(time: Duration) -> u64 {
    // Half of all the time that a tick can tell, so that the time since the origin can be told too.
    let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX).min(1 << 62);
    nanos.div_ceil(SLICES).max(1)
}

impl TimeWindow {
    pub(crate) fn new(time: Duration, now: Tick) -> Self {
        Self {
            origin: now,
            width: slice(time),
            latest: 0,
            slices: Box::new([Counts::default(); KEPT]),
        }
    }

    /// The number of the slice under way.
    fn number(&self, now: Tick) -> u64 {
        let nanos = u64::try_from(now.since(self.origin).as_nanos()).unwrap_or(u64::MAX);
        (nanos / self.width).max(self.latest)
    }

    fn slice(&mut self, number: u64) -> &mut Counts {
        &mut self.slices[place(number)]
    }

    /// When the slice under way ends.
    pub(crate) fn slice_end(&self, now: Tick) -> Tick {
        let nanos = (self.number(now) + 1).saturating_mul(self.width);
        self.origin.after(Duration::from_nanos(nanos))
    }

    /// Moves on to the slice under way.
    pub(crate) fn advance(&mut self, now: Tick) {
        let number = self.number(now);
        let passed = (number - self.latest).min(KEPT as u64);
        for back in 0..passed {
            *self.slice(number - back) = Counts::default();
        }
        self.latest = number;
    }

    /// Takes plain successes into the latest slice that was advanced to.
    pub(crate) fn add_successes(&mut self, successes: u64) {
        let latest = self.latest;
        let slice = self.slice(latest);
        slice.calls = slice.calls.saturating_add(successes);
    }

    pub(crate) fn add(&mut self, mark: Mark, now: Tick) {
        self.advance(now);
        let latest = self.latest;
        self.slice(latest).count(mark);
    }

    /// The slices that have not wholly left the window, with their numbers.
    fn slices(&self, now: Tick) -> impl Iterator<Item = (u64, &Counts)> {
        let oldest = self.number(now).saturating_sub(SLICES);
        let first = oldest.max(self.latest.saturating_sub(SLICES));
        (first..=self.latest).map(|number| (number, &self.slices[place(number)]))
    }

    pub(crate) fn counts(&self, now: Tick) -> Counts {
        let mut sum = Counts::default();
        self.slices(now).for_each(|(_, slice)| sum.add(slice));
        sum
    }

    /// The same calls in a window of another length. Each slice goes where it ended, so that no call that
    /// still fits is lost; one that does not may count for up to a slice of the old window longer.
    pub(crate) fn refitted(&self, time: Duration, now: Tick) -> Self {
        let width = slice(time);
        // So far back that all that may still count lies after it.
        let reach = Duration::from_nanos(width.saturating_mul(SLICES));
        let back = i64::try_from(reach.as_nanos()).unwrap_or(i64::MAX);
        let origin = Tick(now.0.saturating_sub(back)).max(Tick(Tick::UNKNOWN.0 + 1));
        let mut refitted = Self { origin, ..Self::new(time, now) };
        for (number, slice) in self.slices(now) {
            let end = (number + 1).saturating_mul(self.width) - 1;
            let at = self.origin.after(Duration::from_nanos(end)).min(now);
            if at >= origin && slice.calls > 0 {
                refitted.advance(at);
                let latest = refitted.latest;
                refitted.slice(latest).add(slice);
            }
        }
        refitted.advance(now);
        refitted
    }
}

fn place(number: u64) -> usize {
    usize::try_from(number % KEPT as u64).unwrap_or_default()
}

#[cfg(all(test, not(cb_loom)))]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn at(millis: u64) -> Tick {
        Tick(0).after(Duration::from_millis(millis))
    }

    #[test]
    fn a_call_counts_for_the_whole_time_and_at_most_a_slice_more() {
        for ended in [0, 1, 99, 100, 150, 1599, 1600] {
            let mut window = TimeWindow::new(Duration::from_millis(1600), at(0));
            window.add(Mark::Failure, at(ended));
            assert_eq!(window.counts(at(ended + 1600)).failures, 1, "ended at {ended}");
            assert_eq!(window.counts(at(ended + 1700)).failures, 0, "ended at {ended}");
        }
    }

    #[test]
    fn it_slides() {
        let mut window = TimeWindow::new(SECOND, at(0));
        for call in 0..10_000 {
            if call % 2 == 0 {
                window.add(Mark::Failure, at(call));
            } else {
                window.advance(at(call));
                window.add_successes(1);
            }
            let counts = window.counts(at(call));
            assert!(counts.failures.abs_diff(counts.successes()) <= 1, "{counts:?} at {call}");
            assert!(counts.calls >= (call + 1).min(1000), "{counts:?} at {call}");
            assert!(counts.calls <= (call + 1).min(1063), "{counts:?} at {call}");
        }
    }

    #[test]
    fn after_a_long_silence_nothing_is_left() {
        let mut window = TimeWindow::new(SECOND, at(0));
        window.add_successes(1_000_000_000);
        assert_eq!(window.counts(at(900)).calls, 1_000_000_000);
        assert_eq!(window.counts(at(86_400_000)), Counts::default(), "read");
        window.add(Mark::Failure, at(86_400_000));
        assert_eq!(window.counts(at(86_400_000)).calls, 1, "written");
    }

    #[test]
    fn a_longer_window_keeps_all_and_a_shorter_one_what_still_fits() {
        let mut window = TimeWindow::new(SECOND, at(0));
        for tenth in 0..10 {
            window.add(Mark::Failure, at(tenth * 100));
        }
        let longer = window.refitted(10 * SECOND, at(900));
        assert_eq!(longer.counts(at(900)).failures, 10);
        assert_eq!(longer.counts(at(8_000)).failures, 10);
        assert_eq!(longer.counts(at(12_000)).failures, 0);
        let shorter = window.refitted(SECOND / 5, at(900));
        let kept = shorter.counts(at(900)).failures;
        assert!((2..=3).contains(&kept), "{kept}");
        assert_eq!(shorter.counts(at(1_200)).failures, 0);
    }

    #[test]
    fn the_longest_window_and_the_latest_time_overflow_nothing() {
        let mut window = TimeWindow::new(Duration::MAX, at(0));
        window.add(Mark::Failure, Tick::NEVER);
        assert_eq!(window.counts(Tick::NEVER).failures, 1);
        assert!(window.slice_end(Tick::NEVER) >= Tick(0));
        let refitted = window.refitted(Duration::MAX, Tick::NEVER);
        assert_eq!(refitted.counts(Tick::NEVER).failures, 1);
        let mut short = TimeWindow::new(Duration::from_nanos(1), Tick(i64::MIN + 1));
        short.add(Mark::Failure, Tick::NEVER);
        assert_eq!(short.counts(Tick::NEVER).failures, 1);
    }
}
