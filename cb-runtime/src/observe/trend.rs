//! What is kept of a breaker from one look at the alerts to the next.

use std::time::Duration;

use super::latency::{Kept, Spread};
use crate::clock::Tick;

/// Of fewer calls than this, the 95th percentile is no more than their maximum.
const FEWEST: u64 = 20;

/// Of one breaker, made when somebody first looks at the alerts. Some 500 bytes, whatever happens.
#[derive(Default)]
pub(crate) struct Trend {
    marks: Option<Marks>,
    standing: [Option<Tick>; 3],
}

/// Response times as they were at two earlier looks.
struct Marks {
    before: Kept,
    latest: Kept,
    /// When the latest was made.
    at: Tick,
}

/// The conditions that no event tells the beginning of.
#[derive(Clone, Copy)]
pub(super) enum Condition {
    ErrorRate,
    SlowCalls,
    ResponseTime,
}

/// A p95 that is another than before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Slowdown {
    pub(super) earlier: Duration,
    pub(super) lately: Duration,
}

impl Trend {
    /// The p95 of late, and that of all calls before, where there are enough of both. Late is since a
    /// look that is at least `period` ago or else was the first, and less than two periods ago where
    /// there are looks often enough.
    pub(super) fn p95(
        &mut self,
        now: Tick,
        spread: &Spread,
        longest: Duration,
        period: Duration,
    ) -> Option<Slowdown> {
        let Some(marks) = &mut self.marks else {
            let kept = spread.kept();
            self.marks = Some(Marks { before: kept.clone(), latest: kept, at: now });
            return None;
        };
        if now.since(marks.at) >= period {
            marks.before = std::mem::replace(&mut marks.latest, spread.kept());
            marks.at = now;
        }
        let (earlier, late) = spread.split(&marks.before);
        if earlier.timed() < FEWEST || late.timed() < FEWEST {
            return None;
        }
        let longest = u64::try_from(longest.as_nanos()).unwrap_or(u64::MAX);
        let p95 = |spread: &Spread| spread.percentile(95, longest);
        Some(Slowdown { earlier: p95(&earlier), lately: p95(&late) })
    }

    /// Since when a condition has been there at each look; `None` if it is not now.
    pub(super) fn standing(&mut self, condition: Condition, now: Tick, is: bool) -> Option<Tick> {
        let since = &mut self.standing[condition as usize];
        *since = is.then(|| since.unwrap_or(now));
        *since
    }
}

impl Slowdown {
    pub(super) fn is_by(&self, factor: f64) -> bool {
        self.lately.as_secs_f64() >= self.earlier.as_secs_f64() * factor
    }
}

#[cfg(all(test, not(cb_loom)))]
mod tests {
    use super::*;
    use crate::observe::latency::Histogram;

    const PERIOD: Duration = Duration::from_secs(300);
    const LONGEST: Duration = Duration::from_secs(60);

    /// A breaker's response times, looked at now and then.
    struct Scene {
        histogram: Histogram,
        trend: Trend,
        now: Tick,
    }

    impl Scene {
        fn new() -> Self {
            Self { histogram: Histogram::new(), trend: Trend::default(), now: Tick(0) }
        }

        fn calls(&self, calls: u64, millis: u64) {
            (0..calls).for_each(|_| assert_eq!(self.histogram.record(millis * 1_000_000), None));
        }

        fn look_after(&mut self, time: Duration) -> Option<Slowdown> {
            self.now = self.now.after(time);
            self.trend.p95(self.now, &self.histogram.spread(None), LONGEST, PERIOD)
        }
    }

    #[test]
    fn the_first_look_has_nothing_to_compare_with() {
        let mut scene = Scene::new();
        scene.calls(100, 100);
        assert_eq!(scene.look_after(Duration::ZERO), None);
        assert_eq!(scene.look_after(PERIOD), None, "no calls since");
    }

    #[test]
    fn what_is_late_is_at_least_a_period_and_less_than_two() {
        let mut scene = Scene::new();
        scene.calls(100, 100);
        scene.look_after(Duration::ZERO);
        scene.calls(100, 400);
        let found = scene.look_after(Duration::ZERO).expect("there are calls on both sides");
        assert!(found.is_by(3.0) && !found.is_by(5.0), "{found:?}");

        let nano = Duration::from_nanos(1);
        assert_eq!(scene.look_after(PERIOD.saturating_sub(nano)), Some(found));
        assert_eq!(scene.look_after(nano), Some(found), "now a mark is made");
        assert_eq!(scene.look_after(PERIOD.saturating_sub(nano)), Some(found));
        assert_eq!(scene.look_after(nano), None, "the slow calls are earlier ones by now");
    }

    #[test]
    fn a_few_calls_have_no_p95() {
        let mut scene = Scene::new();
        scene.calls(FEWEST, 100);
        scene.look_after(Duration::ZERO);
        scene.calls(FEWEST - 1, 400);
        assert_eq!(scene.look_after(Duration::ZERO), None);
        scene.calls(1, 400);
        assert!(scene.look_after(Duration::ZERO).is_some());
    }

    #[test]
    fn the_bound_itself_is_reached() {
        let ms = Duration::from_millis;
        let slowdown = Slowdown { earlier: ms(100), lately: ms(200) };
        assert!(slowdown.is_by(2.0));
        assert!(!Slowdown { lately: ms(199), ..slowdown }.is_by(2.0));
    }

    #[test]
    fn a_condition_stands_since_the_look_that_first_saw_it() {
        let mut trend = Trend::default();
        let mut at = |now, is| trend.standing(Condition::ErrorRate, Tick(now), is);
        assert_eq!(at(1, false), None);
        assert_eq!(at(2, true), Some(Tick(2)));
        assert_eq!(at(3, true), Some(Tick(2)));
        assert_eq!(at(4, false), None);
        assert_eq!(at(5, true), Some(Tick(5)));
    }
}
