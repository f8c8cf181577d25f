//! A retry policy of several parts that changes as a whole, for readers who never wait.

use super::{
    RetryPolicy,
    calls::{time_of, word_of},
};
use crate::primitive::{AtomicU32, AtomicU64, Mutex, Ordering, const_fn, fence, lock};

/// A retry policy in the place of one that is written.
///
/// There are two slots: the policy is in one, and the next will be put into the other, before the version
/// that tells which one counts is raised. So a reader has to read again only where the policy has changed
/// under its eyes, and is never held up by a writer that the system has put to sleep.
#[derive(Debug)]
pub(super) struct Published {
    /// How often it has changed. 0: never, and what is written is in force.
    version: AtomicU64,
    even: Slot,
    odd: Slot,
    /// The latest, for those who change it, who read nothing of the above: once a thread has read a
    /// number itself, loom tries no order in which it writes it ahead of what others have read.
    latest: Mutex<Latest>,
}

#[derive(Debug)]
struct Latest {
    version: u64,
    policy: Option<RetryPolicy>,
}

/// The parts, in words.
#[derive(Debug)]
struct Slot {
    max_attempts: AtomicU32,
    delay: AtomicU64,
    factor: AtomicU64,
    max_delay: AtomicU64,
    jitter: AtomicU64,
}

impl Published {
    const_fn! {
        /// Never changed.
        pub(super) fn new() -> Self {
            Self {
                version: AtomicU64::new(0),
                even: Slot::new(),
                odd: Slot::new(),
                latest: Mutex::new(Latest { version: 0, policy: None }),
            }
        }
    }

    /// The policy; `None` where it has never been changed.
    #[inline]
    pub(super) fn get(&self) -> Option<RetryPolicy> {
        if self.version.load(Ordering::Relaxed) == 0 { None } else { Some(self.changed()) }
    }

    #[cold]
    #[inline(never)]
    fn changed(&self) -> RetryPolicy {
        loop {
            let version = self.version.load(Ordering::Acquire);
            let policy = self.slot(version).get();
            // Whoever has seen a part of what comes after the next version sees the next version too.
            fence(Ordering::Acquire);
            if self.version.load(Ordering::Relaxed) == version {
                return policy;
            }
        }
    }

    /// Puts a policy in the place of the present one, which is `written` where there is none.
    pub(super) fn set(&self, policy: &RetryPolicy, written: &RetryPolicy) {
        let mut latest = lock(&self.latest);
        if latest.policy.as_ref().unwrap_or(written) == policy {
            return;
        }
        *latest = Latest { version: latest.version + 1, policy: Some(*policy) };
        // The version up to now is to be seen by whoever sees a part of what is stored now.
        fence(Ordering::Release);
        self.slot(latest.version).set(policy);
        self.version.store(latest.version, Ordering::Release);
    }

    fn slot(&self, version: u64) -> &Slot {
        if version.is_multiple_of(2) { &self.even } else { &self.odd }
    }
}

impl Slot {
    const_fn! {
        fn new() -> Self {
            Self {
                max_attempts: AtomicU32::new(0),
                delay: AtomicU64::new(0),
                factor: AtomicU64::new(0),
                max_delay: AtomicU64::new(0),
                jitter: AtomicU64::new(0),
            }
        }
    }

    fn get(&self) -> RetryPolicy {
        let number = |part: &AtomicU64| part.load(Ordering::Relaxed);
        RetryPolicy::new(self.max_attempts.load(Ordering::Relaxed))
            .delay(time_of(number(&self.delay)))
            .factor(f64::from_bits(number(&self.factor)))
            .max_delay(time_of(number(&self.max_delay)))
            .jitter(f64::from_bits(number(&self.jitter)))
    }

    fn set(&self, policy: &RetryPolicy) {
        let RetryPolicy { max_attempts, delay, factor, max_delay, jitter } = *policy;
        self.max_attempts.store(max_attempts, Ordering::Relaxed);
        self.delay.store(word_of(Some(delay)), Ordering::Relaxed);
        self.factor.store(factor.to_bits(), Ordering::Relaxed);
        self.max_delay.store(word_of(Some(max_delay)), Ordering::Relaxed);
        self.jitter.store(jitter.to_bits(), Ordering::Relaxed);
    }
}

#[cfg(all(test, not(cb_loom)))]
mod tests {
    use std::{
        sync::atomic::{AtomicBool, Ordering},
        thread,
        time::Duration,
    };

    use super::*;

    #[test]
    fn each_policy_is_in_force_until_the_next() {
        let written = RetryPolicy::new(1);
        let published = Published::new();
        assert_eq!(published.get(), None);
        published.set(&written, &written);
        assert_eq!(published.get(), None, "nothing has changed");
        for attempts in (2..9).chain([1]) {
            let policy = RetryPolicy::new(attempts).delay(Duration::from_nanos(attempts.into()));
            published.set(&policy, &written);
            assert_eq!(published.get(), Some(policy));
        }
    }

    /// All of one number.
    fn policy(number: u32) -> RetryPolicy {
        let time = Duration::from_nanos(number.into());
        RetryPolicy::new(number)
            .delay(time)
            .factor(number.into())
            .max_delay(time)
            .jitter(number.into())
    }

    #[test]
    fn threads_that_read_while_others_write_have_each_policy_as_a_whole() {
        const CHANGES: u32 = 20_000;
        let published = Published::new();
        let is_done = AtomicBool::new(false);
        thread::scope(|scope| {
            let readers = [(); 2].map(|()| {
                scope.spawn(|| {
                    while !is_done.load(Ordering::Relaxed) {
                        if let Some(found) = published.get() {
                            assert_eq!(found, policy(found.max_attempts));
                        }
                    }
                })
            });
            let writers = [1, 1 + CHANGES].map(|from| {
                let published = &published;
                scope.spawn(move || {
                    (from..from + CHANGES)
                        .for_each(|number| published.set(&policy(number), &policy(0)));
                })
            });
            let are_fine = writers.map(|writer| writer.join().is_ok());
            is_done.store(true, Ordering::Relaxed);
            assert_eq!(are_fine, [true; 2]);
            assert!(readers.into_iter().all(|reader| reader.join().is_ok()));
        });
        assert_eq!(published.version.load(Ordering::Relaxed), u64::from(2 * CHANGES));
    }
}

/// Run with the breaker's own models: see `breaker::loom_tests`.
#[cfg(all(test, cb_loom))]
#[allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]
mod loom_tests {
    use std::time::Duration;

    use loom::{sync::Arc, thread};

    use super::*;

    fn policy(number: u32) -> RetryPolicy {
        RetryPolicy::new(number).delay(Duration::from_secs(number.into()))
    }

    #[test]
    fn given_a_policy_that_changes_when_another_reads_it_then_it_has_all_of_one() {
        // All orders are 467 643, and take a minute.
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = Some(3);
        builder.check(|| {
            let published = Arc::new(Published::new());
            published.set(&policy(1), &policy(0));

            let writer = {
                let published = Arc::clone(&published);
                thread::spawn(move || {
                    // The second is put where the reader may be reading the first.
                    published.set(&policy(2), &policy(0));
                    published.set(&policy(3), &policy(0));
                })
            };
            let found = published.get().unwrap();
            writer.join().unwrap();

            assert_eq!(found, policy(found.max_attempts));
            assert_eq!(published.get().unwrap(), policy(3));
        });
    }
}
