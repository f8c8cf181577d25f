//! How long a breaker stays open.

use std::time::Duration;

use crate::config::Config;

/// The open time of the `row`-th opening in a row without a close, the first being 1:
/// `recovery_timeout × factorⁿ⁻¹`, at most `max`, spread by ± `jitter`. What the spread would carry
/// over `max` is mirrored below it, so that breakers do not all wake at `max`.
///
/// `chance` is drawn from [0, 1).
pub(crate) fn open_time(config: &Config, row: u32, chance: impl FnOnce() -> f64) -> Duration {
    let first = config.recovery_timeout();
    let Some(backoff) = config.backoff() else { return first };
    let exponent = i32::try_from(row.saturating_sub(1)).unwrap_or(i32::MAX);
    let steps = backoff.factor.powi(exponent);
    let time = if steps > 1.0 { grown(first, steps) } else { first }.min(backoff.max);
    if backoff.jitter == 0.0 {
        return time;
    }
    let spread = backoff.jitter * (2.0 * chance() - 1.0);
    let moved = grown(time, 1.0 + spread);
    let beyond = moved.saturating_sub(backoff.max);
    moved.min(backoff.max).saturating_sub(beyond).max(Duration::from_nanos(1))
}

fn grown(time: Duration, factor: f64) -> Duration {
    Duration::try_from_secs_f64(time.as_secs_f64() * factor).unwrap_or(Duration::MAX)
}

#[cfg(test)]
#[allow(clippy::expect_used, reason = "a helper of a test fails the test")]
mod tests {
    use super::*;
    use crate::config::Backoff;

    const SECOND: Duration = Duration::from_secs(1);

    fn config(backoff: Backoff) -> Config {
        Config::builder().recovery_timeout(SECOND).backoff(backoff).build().expect("valid settings")
    }

    fn half() -> f64 {
        0.5
    }

    #[test]
    fn each_opening_waits_longer_up_to_the_most() {
        let config = config(Backoff::new(2.0, 10 * SECOND));
        let waits: Vec<u64> = (1..=6).map(|row| open_time(&config, row, half).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 10, 10]);
        assert_eq!(open_time(&config, u32::MAX, half), 10 * SECOND);
    }

    #[test]
    fn without_backoff_every_opening_waits_alike_to_the_nanosecond() {
        let odd = Duration::new(7, 123_456_789);
        let config = Config::builder().recovery_timeout(odd).build().expect("valid settings");
        assert_eq!((open_time(&config, 1, half), open_time(&config, 9, half)), (odd, odd));
    }

    #[test]
    fn it_saturates() {
        let config = config(Backoff::new(f64::MAX, Duration::MAX).jitter(1.0));
        assert_eq!(open_time(&config, u32::MAX, || 0.999), Duration::MAX);
        assert_eq!(open_time(&config, 1, || 0.0), Duration::from_nanos(1), "never no time at all");
    }

    #[test]
    fn jitter_spreads_to_both_sides_and_never_over_the_most() {
        let config = config(Backoff::new(2.0, 4 * SECOND).jitter(0.25));
        let waits = |row| {
            let mut waits: Vec<Duration> =
                (0..100).map(|step| open_time(&config, row, || f64::from(step) / 100.0)).collect();
            waits.sort();
            waits.dedup();
            waits
        };
        let free = waits(2);
        assert_eq!(free.first(), Some(&Duration::from_millis(1500)));
        assert!(free.last() <= Some(&Duration::from_millis(2500)) && free.len() == 100);
        let capped = waits(9);
        assert!(capped.iter().all(|wait| *wait <= 4 * SECOND && *wait >= 3 * SECOND));
        assert!(capped.len() > 50, "spread below the most, not gathered at it");
    }
}
