//! Counts of what is done about calls that the service did not answer.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use super::Core;
use crate::{
    observe::{
        event::{Event, FallbackResult},
        latency::{Halves, Spread},
        rejections::Rejections,
        trend::Trend,
    },
    primitive::{AtomicU64, Ordering},
};

/// What is too rare to have a place in every thread's stripe, which is one cache line. Made with the
/// first of them, and all threads add to the same.
#[derive(Default)]
pub(super) struct Extras {
    fallback_failures: AtomicU64,
    stale_answers: AtomicU64,
    retries: AtomicU64,
    failed_retries: AtomicU64,
    bulkhead_full: AtomicU64,
    /// Of the response times.
    halves: Halves,
    /// Of the log.
    rejections: Rejections,
    /// Of those who look at the alerts, and only of them: no primitive of loom's.
    trend: Mutex<Option<Box<Trend>>>,
}

/// The same at one moment.
#[derive(Clone, Copy, Default)]
pub(super) struct ExtraCounts {
    pub(super) fallback_failures: u64,
    pub(super) stale_answers: u64,
    pub(super) retries: u64,
    pub(super) failed_retries: u64,
    pub(super) bulkhead_full: u64,
}

impl Core {
    /// Counts an answer that a fallback gave.
    pub(crate) fn count_fallback(&self, failed: bool) {
        if self.word().is_disabled() {
            return;
        }
        self.add_fallback(failed);
        if self.word().is_narrated() {
            let result = if failed { FallbackResult::Failure } else { FallbackResult::Success };
            self.tell_of_call(|name, at| Event::FallbackUsed { name, at, result });
        }
    }

    /// The same, if the breaker is in its registry and nobody wants to hear of it.
    #[inline]
    pub(crate) fn count_fallback_quietly(&self, failed: bool) -> bool {
        let word = self.word();
        let quietly = !word.is_detached() && !word.is_narrated() && !word.is_disabled();
        if quietly {
            self.add_fallback(failed);
        }
        quietly
    }

    #[inline]
    fn add_fallback(&self, failed: bool) {
        if failed {
            self.count(|extras| &extras.fallback_failures);
        } else {
            self.stripes.mine().count_fallback();
        }
    }

    /// Counts an answer that was given before, so long ago, and was given again.
    pub(crate) fn count_stale_answer(&self, age: Duration) {
        if self.word().is_disabled() {
            return;
        }
        self.count(|extras| &extras.stale_answers);
        if self.word().is_narrated() {
            self.tell_of_call(|name, at| Event::StaleAnswerUsed { name, at, age });
        }
    }

    /// Counts a call that is made again; `attempt` counts from the first time on, so it is 2 or more.
    pub(crate) fn count_retry(&self, attempt: u32) {
        if self.word().is_disabled() {
            return;
        }
        self.count(|extras| &extras.retries);
        if self.word().is_narrated() {
            self.tell_of_call(|name, at| Event::CallRetried { name, at, attempt });
        }
    }

    /// Counts a call that was made again and failed again.
    pub(crate) fn count_failed_retry(&self) {
        self.count(|extras| &extras.failed_retries);
    }

    /// Counts a call that the breaker let pass and for which there was no place.
    pub(super) fn count_bulkhead_full(&self) {
        self.count(|extras| &extras.bulkhead_full);
    }

    /// A bucket of the response times is at another half of what its counter can hold.
    #[cold]
    #[inline(never)]
    pub(super) fn note_half(&self, bucket: usize) {
        self.extras.get_or_init(Box::default).halves.note(bucket);
    }

    /// The response times at this moment.
    pub(super) fn spread(&self) -> Spread {
        self.latency.spread(self.extras.get().map(|extras| &extras.halves))
    }

    /// Where rejections go that the log wants.
    pub(super) fn rejections(&self) -> &Rejections {
        &self.extras.get_or_init(Box::default).rejections
    }

    /// What was kept of earlier looks at the alerts. Made by the first.
    pub(crate) fn with_trend<R>(&self, look: impl FnOnce(&mut Trend) -> R) -> R {
        let Extras { trend, .. } = self.extras.get_or_init(Box::default);
        let mut trend = trend.lock().unwrap_or_else(PoisonError::into_inner);
        look(trend.get_or_insert_default())
    }

    #[cold]
    #[inline(never)]
    fn count(&self, counter: fn(&Extras) -> &AtomicU64) {
        counter(self.extras.get_or_init(Box::default)).fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn extra_counts(&self) -> ExtraCounts {
        let Some(extras) = self.extras.get() else { return ExtraCounts::default() };
        ExtraCounts {
            fallback_failures: extras.fallback_failures.load(Ordering::Relaxed),
            stale_answers: extras.stale_answers.load(Ordering::Relaxed),
            retries: extras.retries.load(Ordering::Relaxed),
            failed_retries: extras.failed_retries.load(Ordering::Relaxed),
            bulkhead_full: extras.bulkhead_full.load(Ordering::Relaxed),
        }
    }
}
