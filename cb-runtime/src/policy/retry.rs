//! How often a call is made, and how long to wait between.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};

use crate::config::{RetryChanges, Setting};

/// When a failed call of an annotated function is made again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryPolicy {
    pub(crate) max_attempts: u32,
    pub(crate) delay: Duration,
    pub(crate) factor: f64,
    pub(crate) max_delay: Duration,
    pub(crate) jitter: f64,
}

impl RetryPolicy {
    /// So many tries in all, the first one included. The waits between them are those of [`backon`]
    /// where nothing else is set.
    #[must_use]
    pub const fn new(max_attempts: u32) -> Self {
        Self {
            max_attempts,
            delay: Duration::from_secs(1),
            factor: 2.0,
            max_delay: Duration::from_secs(60),
            jitter: 0.0,
        }
    }

    /// The first wait. 1 s by default.
    #[must_use]
    pub const fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// How many times as long each wait is as the one before, at least 1. 2 by default.
    #[must_use]
    pub const fn factor(mut self, factor: f64) -> Self {
        self.factor = factor;
        self
    }

    /// The longest wait, jitter aside. 60 s by default.
    #[must_use]
    pub const fn max_delay(mut self, max_delay: Duration) -> Self {
        self.max_delay = max_delay;
        self
    }

    /// By which share of itself, from 0 to 1, a wait is longer at the most, at random. 0 by default.
    #[must_use]
    pub const fn jitter(mut self, jitter: f64) -> Self {
        self.jitter = jitter;
        self
    }

    /// This policy after the changes.
    pub(crate) fn changed(self, changes: &RetryChanges) -> Self {
        let RetryChanges { max_attempts, delay, factor, max_delay, jitter } = *changes;
        Self {
            max_attempts: max_attempts.unwrap_or(self.max_attempts),
            delay: delay.unwrap_or(self.delay),
            factor: factor.unwrap_or(self.factor),
            max_delay: max_delay.unwrap_or(self.max_delay),
            jitter: jitter.unwrap_or(self.jitter),
        }
    }

    /// As the attribute would have it, defaults included and `when` aside.
    pub(crate) fn show(&self) -> String {
        let Self { max_attempts, delay, factor, max_delay, jitter } = self;
        format!(
            "(max_attempts = {}, delay = {}, factor = {}, max_delay = {}, jitter = {})",
            max_attempts.show(),
            delay.show(),
            factor.show(),
            max_delay.show(),
            jitter.show(),
        )
    }

    /// The attempts of one call, the first of which is under way.
    #[must_use]
    #[inline]
    pub const fn attempts(self) -> Attempts {
        Attempts { policy: self, made: 1, last: None }
    }

    /// The wait after one that was this long, jitter aside.
    fn next(&self, last: Duration) -> Duration {
        // `backon` grows a wait from the one before, so that the second of a row that begins with the
        // last one is the next; a row that is kept would be over 100 bytes in the future of every call.
        #[allow(clippy::cast_possible_truncation, reason = "backon reckons in f32")]
        let row = ExponentialBuilder::new()
            .with_factor(self.factor as f32)
            .with_min_delay(last)
            .with_max_delay(self.max_delay)
            .build();
        let next = row.take(2).last().unwrap_or(self.max_delay);
        if next < self.max_delay { cleared(next).min(self.max_delay) } else { self.max_delay }
    }

    /// A wait with its jitter, from the thread's own random numbers.
    fn jittered(&self, wait: Duration) -> Duration {
        if self.jitter == 0.0 {
            return wait;
        }
        let more = wait.as_secs_f64() * self.jitter * fastrand::f64();
        wait.saturating_add(Duration::try_from_secs_f64(more).unwrap_or(Duration::MAX))
    }
}

/// The whole milliseconds or microseconds that an f32 cannot tell from this time, if there are such:
/// twice 100 ms are 200.000003 ms in f32, for which tokio's timer, which knows whole milliseconds,
/// would wait 201.
fn cleared(time: Duration) -> Duration {
    // A few of the errors of its 24 bits: they add up over a row.
    let error = time / (1 << 21);
    let whole = [1_000_000, 1_000].map(|grain| nearest(time, grain));
    whole.into_iter().find(|whole| whole.abs_diff(time) <= error).unwrap_or(time)
}

/// The multiple of so many nanoseconds, a divisor of a second, that is nearest.
fn nearest(time: Duration, grain: u32) -> Duration {
    let beyond = time.subsec_nanos() % grain;
    let below = time.saturating_sub(Duration::from_nanos(u64::from(beyond)));
    if beyond < grain / 2 {
        return below;
    }
    below.saturating_add(Duration::from_nanos(u64::from(grain)))
}

/// The attempts of one call. One that goes well at once has not reckoned anything.
#[derive(Debug)]
pub struct Attempts {
    policy: RetryPolicy,
    made: u32,
    /// The wait before the attempt that is under way, jitter aside, if it is not the first.
    last: Option<Duration>,
}

impl Attempts {
    /// How long to wait before the next attempt, which is then the one under way; `None` if there is
    /// to be none.
    #[cold]
    pub fn wait(&mut self) -> Option<Duration> {
        if !self.are_left() {
            return None;
        }
        let Self { policy, made, last } = self;
        *made += 1;
        let wait = match *last {
            None => policy.delay.min(policy.max_delay),
            Some(last) => policy.next(last),
        };
        *last = Some(wait);
        Some(policy.jittered(wait))
    }

    /// Whether there may be another attempt.
    pub fn are_left(&self) -> bool {
        self.made < self.policy.max_attempts
    }

    /// The number of the attempt that is under way, the first being 1.
    pub fn number(&self) -> u32 {
        self.made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn waits(policy: RetryPolicy) -> Vec<Duration> {
        let mut attempts = policy.attempts();
        std::iter::from_fn(|| attempts.wait()).collect()
    }

    #[test]
    fn there_are_as_many_waits_as_attempts_after_the_first() {
        assert_eq!(waits(RetryPolicy::new(1)), []);
        assert_eq!(waits(RetryPolicy::new(4)), [1, 2, 4].map(Duration::from_secs));
        let policy = RetryPolicy::new(3).delay(ms(1));
        let mut attempts = policy.attempts();
        for number in 1..=3 {
            assert_eq!(attempts.number(), number);
            assert_eq!(attempts.wait().is_some(), number < 3);
        }
        assert_eq!((attempts.wait(), attempts.number()), (None, 3), "the end is the end");
    }

    #[test]
    fn the_most_attempts_there_can_be_end_too() {
        let policy = RetryPolicy::new(u32::MAX);
        let mut attempts = Attempts { made: u32::MAX - 1, ..policy.attempts() };
        assert_eq!(attempts.wait(), Some(Duration::from_secs(1)));
        assert_eq!((attempts.wait(), attempts.number()), (None, u32::MAX));
    }

    /// What the wait should be, in nanoseconds.
    fn exact(delay: u64, numerator: u128, denominator: u128, steps: u32) -> Option<u128> {
        let nanos = u128::from(delay) * 1_000_000 * numerator.pow(steps);
        let scale = denominator.pow(steps);
        nanos.is_multiple_of(scale).then(|| nanos / scale)
    }

    #[test]
    fn waits_of_whole_milliseconds_are_exact_up_to_an_hour() {
        let factors =
            [(2_u32, 1_u32), (3, 1), (10, 1), (3, 2), (5, 2), (5, 4), (8, 5), (6, 5), (11, 10)];
        for (numerator, denominator) in factors {
            let factor = f64::from(numerator) / f64::from(denominator);
            for delay in (1..2_000).chain((2_000..3_600_000).step_by(997)) {
                let policy = RetryPolicy::new(14).delay(ms(delay)).factor(factor).max_delay(HOUR);
                for (steps, wait) in (0..).zip(waits(policy)) {
                    let exact = exact(delay, numerator.into(), denominator.into(), steps);
                    match exact.map(|exact| exact.min(HOUR.as_nanos())) {
                        Some(exact) if exact.is_multiple_of(1_000_000) => {
                            assert_eq!(wait.as_nanos(), exact, "{delay} ms × {factor}^{steps}");
                        }
                        _ => {}
                    }
                }
            }
        }
    }

    #[test]
    fn other_waits_are_as_exact_as_f32_is() {
        for factor in [1.001, 1.1, 1.234_567_8, 1.618, 2.0, 7.3_f64] {
            for delay in [1, 7, 100, 999, 1001, 59_999] {
                let policy = RetryPolicy::new(200).delay(ms(delay)).factor(factor).max_delay(HOUR);
                for (steps, wait) in (0..).zip(waits(policy)) {
                    let exact = (ms(delay).as_secs_f64() * factor.powi(steps)).min(3600.0);
                    let off = (wait.as_secs_f64() / exact - 1.0).abs();
                    assert!(off < 2e-5, "{delay} ms × {factor}^{steps}: {wait:?}");
                }
            }
        }
    }

    #[test]
    fn waits_that_do_not_grow_stay_what_was_written() {
        for delay in [Duration::from_nanos(1), ms(200), Duration::new(7, 123_456_789), HOUR] {
            let policy = RetryPolicy::new(1000).delay(delay).factor(1.0).max_delay(HOUR);
            assert!(waits(policy).iter().all(|wait| wait.abs_diff(delay) < ms(1)));
        }
        let policy = RetryPolicy::new(1000).delay(ms(200)).factor(1.0);
        assert!(waits(policy).iter().all(|wait| *wait == ms(200)));
    }

    #[test]
    fn short_waits_are_not_rounded_away() {
        let policy = RetryPolicy::new(3).delay(Duration::from_nanos(700)).max_delay(ms(1));
        assert_eq!(waits(policy), [700, 1400].map(Duration::from_nanos));
    }

    #[test]
    fn no_wait_is_longer_than_the_longest() {
        let most = Duration::new(2, 1);
        let policy = RetryPolicy::new(6).delay(Duration::from_secs(1)).max_delay(most);
        assert_eq!(
            waits(policy),
            [Duration::from_secs(1), Duration::from_secs(2), most, most, most]
        );
        let policy = RetryPolicy::new(3).delay(HOUR).max_delay(most);
        assert_eq!(waits(policy), [most, most]);
    }

    #[test]
    fn it_saturates() {
        let policy = RetryPolicy::new(5).factor(f64::MAX).max_delay(Duration::MAX).jitter(1.0);
        assert_eq!(waits(policy)[1..], [Duration::MAX; 3]);
        let policy = RetryPolicy::new(100).delay(HOUR).max_delay(Duration::MAX);
        assert_eq!(waits(policy).last(), Some(&Duration::MAX));
    }

    #[test]
    fn jitter_lengthens_each_wait_by_up_to_its_share() {
        let plain = RetryPolicy::new(6).delay(ms(100)).max_delay(ms(1000));
        let bounds = waits(plain);
        for jitter in [0.1, 0.5, 1.0] {
            let mut longest = [Duration::ZERO; 5];
            for seed in 0..10_000 {
                fastrand::seed(seed);
                for (at, wait) in waits(plain.jitter(jitter)).into_iter().enumerate() {
                    let bound = bounds[at];
                    assert!(wait >= bound && wait <= bound.mul_f64(1.0 + jitter), "seed {seed}");
                    longest[at] = longest[at].max(wait);
                }
            }
            for (longest, bound) in longest.into_iter().zip(&bounds) {
                assert!(longest > bound.mul_f64(1.0 + 0.99 * jitter), "all of the share is used");
            }
        }
    }

    #[test]
    fn a_seed_makes_the_waits_known() {
        let seeded = || {
            fastrand::seed(7);
            waits(RetryPolicy::new(5).jitter(1.0))
        };
        assert_eq!(seeded(), seeded());
        fastrand::seed(7);
        let untouched = fastrand::u64(..);
        fastrand::seed(7);
        waits(RetryPolicy::new(5));
        assert_eq!(fastrand::u64(..), untouched, "without jitter nothing is drawn");
    }

    #[test]
    fn the_attempts_of_a_call_are_small() {
        assert_eq!(size_of::<Attempts>(), size_of::<RetryPolicy>() + 24);
    }
}
