//! The settings of one function's calls that are in force, which may change while the program runs.

use std::time::Duration;

use super::{CallSettings, RetryPolicy, published::Published};
use crate::{
    config::CallChanges,
    isolation,
    primitive::{AtomicU32, AtomicU64, Ordering, const_fn},
};

/// What is in force of the settings of one function's calls, in a static beside it. A call reads what it
/// needs without a lock, and keeps to what it has read.
#[derive(Debug)]
pub struct Calls {
    written: CallSettings,
    call_timeout: Time,
    max_concurrent: AtomicU32,
    retry: Published,
    max_age: Time,
}

impl Calls {
    const_fn! {
        /// As they are written.
        pub fn new(written: CallSettings) -> Self {
            Self {
                written,
                call_timeout: Time(AtomicU64::new(word_of(written.call_timeout))),
                max_concurrent: AtomicU32::new(match written.max_concurrent {
                    Some(calls) => calls,
                    None => u32::MAX,
                }),
                retry: Published::new(),
                max_age: Time(AtomicU64::new(word_of(written.max_age))),
            }
        }
    }

    /// How long a call may take from here on.
    #[inline]
    pub fn call_timeout(&'static self) -> Duration {
        self.here().call_timeout.get()
    }

    /// How many calls may be under way for another to be admitted.
    #[inline]
    pub fn max_concurrent(&'static self) -> u32 {
        self.here().max_concurrent.load(Ordering::Relaxed)
    }

    /// When a call that begins now is made again.
    #[inline]
    pub fn retry(&'static self) -> RetryPolicy {
        let calls = self.here();
        calls.retry.get().unwrap_or(calls.written_retry())
    }

    /// The age up to which a stale answer is given to a call that begins now.
    #[inline]
    pub fn max_age(&'static self) -> Duration {
        self.here().max_age.get()
    }

    /// The settings as they are written.
    pub(crate) fn written(&self) -> &CallSettings {
        &self.written
    }

    /// The settings that are in force.
    pub(crate) fn in_force(&'static self) -> CallSettings {
        let CallSettings { call_timeout, max_concurrent, retry, max_age, is_preset } = self.written;
        // What lasts for ages is kept as less than it is.
        let time = |written: Option<Duration>, kept: &Time| {
            written.map(|time| if kept.is(time) { time } else { kept.get() })
        };
        let calls = self.here();
        let limit = time(call_timeout, &calls.call_timeout);
        CallSettings {
            call_timeout: limit,
            max_concurrent: max_concurrent.map(|_| self.max_concurrent()),
            retry: retry.map(|_| self.retry()),
            max_age: time(max_age, &calls.max_age),
            is_preset: is_preset && limit == call_timeout,
        }
    }

    /// Has these changes be in force, over what is written, in the place of any before; without them, what
    /// is written is in force again.
    ///
    /// Each setting changes by itself, and a call that is made meanwhile may see some of them changed and
    /// some not; of the parts of a retry it sees all or none.
    pub(crate) fn change(&'static self, changes: Option<&CallChanges>) {
        let calls = self.here();
        let to = changes.map_or(self.written, |changes| self.written.changed(changes));
        calls.call_timeout.set(to.call_timeout);
        if let Some(limit) = to.max_concurrent {
            calls.max_concurrent.store(limit, Ordering::Relaxed);
        }
        if let Some(policy) = to.retry {
            calls.retry.set(&policy, &calls.written_retry());
        }
        calls.max_age.set(to.max_age);
    }

    /// Where no retry is written, nobody asks for one.
    #[inline]
    fn written_retry(&self) -> RetryPolicy {
        self.written.retry.unwrap_or(RetryPolicy::new(1))
    }

    /// Those that calls go by: in a test with a registry of its own, others than in the program.
    #[inline]
    fn here(&'static self) -> &'static Self {
        isolation::here(self, || Self::new(self.written))
    }
}

/// A length of time in one word: the nanoseconds within a second in the lower 30 bits, and the seconds
/// above. What lasts for longer than the 544 years that this reaches is kept as those.
#[derive(Debug)]
struct Time(AtomicU64);

const NANOS: u32 = 30;
const LONGEST: Duration = Duration::new((1 << (64 - NANOS)) - 1, 999_999_999);

impl Time {
    #[inline]
    fn get(&self) -> Duration {
        time_of(self.0.load(Ordering::Relaxed))
    }

    fn set(&self, time: Option<Duration>) {
        self.0.store(word_of(time), Ordering::Relaxed);
    }

    fn is(&self, time: Duration) -> bool {
        self.0.load(Ordering::Relaxed) == word_of(Some(time))
    }
}

pub(super) const fn word_of(time: Option<Duration>) -> u64 {
    let time = match time {
        Some(time) if time.as_secs() <= LONGEST.as_secs() => time,
        _ => LONGEST,
    };
    time.as_secs() << NANOS | time.subsec_nanos() as u64
}

#[inline]
pub(super) fn time_of(word: u64) -> Duration {
    #[allow(clippy::cast_possible_truncation, reason = "of fewer bits than there are")]
    Duration::new(word >> NANOS, (word & ((1 << NANOS) - 1)) as u32)
}

#[cfg(all(test, not(cb_loom)))]
mod tests {
    use super::*;
    use crate::config::RetryChanges;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn times_are_kept_as_they_are_up_to_544_years() {
        let year = 365 * 24 * 3600 * SECOND;
        let times = [
            Duration::from_nanos(1),
            Duration::new(0, 999_999_999),
            SECOND,
            Duration::new(86_400, 123_456_789),
            544 * year,
            LONGEST,
        ];
        for time in times {
            assert_eq!(time_of(word_of(Some(time))), time);
        }
        for time in [LONGEST + Duration::from_nanos(1), 545 * year, Duration::MAX] {
            assert_eq!(time_of(word_of(Some(time))), LONGEST);
        }
    }

    #[test]
    fn what_lasts_for_ages_is_told_as_it_is_written() {
        let written = CallSettings::NONE.call_timeout(Duration::MAX).max_age(Duration::MAX);
        let calls: &'static Calls = Box::leak(Box::new(Calls::new(written)));
        assert_eq!(calls.in_force(), written);
        let changes = CallChanges { call_timeout: Some(SECOND), ..CallChanges::default() };
        calls.change(Some(&changes));
        assert_eq!(calls.in_force(), written.call_timeout(SECOND));
    }

    #[test]
    fn what_a_change_does_not_name_is_as_written_whatever_was_changed_before() {
        let policy = RetryPolicy::new(3).delay(SECOND).jitter(0.5);
        let written = CallSettings::NONE.max_concurrent(8).retry(policy);
        let calls: &'static Calls = Box::leak(Box::new(Calls::new(written)));
        let retry = RetryChanges { max_attempts: Some(9), ..RetryChanges::default() };
        calls.change(Some(&CallChanges { retry, ..CallChanges::default() }));
        assert_eq!(calls.retry(), RetryPolicy { max_attempts: 9, ..policy });
        assert_eq!(calls.max_concurrent(), 8);

        let retry = RetryChanges { factor: Some(1.0), ..RetryChanges::default() };
        let max_concurrent = Some(2);
        calls.change(Some(&CallChanges { max_concurrent, retry, ..CallChanges::default() }));
        assert_eq!(calls.retry(), policy.factor(1.0));
        assert_eq!(calls.max_concurrent(), 2);

        calls.change(Some(&CallChanges::default()));
        assert_eq!(calls.in_force(), written);
    }
}
