//! Rejected calls in the log: at most one line a second for each breaker, whatever is turned away.

use std::{
    sync::atomic::{AtomicI64, AtomicU64, Ordering},
    time::Duration,
};

use super::{event::Rejection, log};
use crate::{clock::Tick, name::Name};

/// Two lines about one breaker are at least so far apart.
const APART: Duration = Duration::from_secs(1);

/// Of one breaker, made with the first rejection that the log wants. No primitives of loom's: nothing
/// hangs on these but what is told.
pub(crate) struct Rejections {
    /// When the next line may be written.
    next: AtomicI64,
    /// So many were not told since the latest line.
    left_out: AtomicU64,
}

impl Default for Rejections {
    fn default() -> Self {
        Self { next: AtomicI64::new(Tick::UNKNOWN.0), left_out: AtomicU64::new(0) }
    }
}

impl Rejections {
    pub(crate) fn log(&self, name: &Name, reason: Rejection) {
        if let Some(left_out) = self.take(Tick::now()) {
            log::rejected(name, reason, left_out);
        }
    }

    /// Whether this one is to be told: with how many that were not.
    fn take(&self, now: Tick) -> Option<u64> {
        let next = self.next.load(Ordering::Relaxed);
        let is_due = now.0 >= next
            && self
                .next
                .compare_exchange(next, now.after(APART).0, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        if is_due {
            return Some(self.left_out.swap(0, Ordering::Relaxed));
        }
        self.left_out.fetch_add(1, Ordering::Relaxed);
        None
    }
}

#[cfg(all(test, not(cb_loom)))]
mod tests {
    use super::*;

    #[test]
    fn one_a_second_is_told_with_the_number_of_the_others() {
        let rejections = Rejections::default();
        let at = |millis: i64| rejections.take(Tick(millis * 1_000_000));
        let told: Vec<_> = [-5_000, -4_500, -4_001, -4_000, -3_500, 9_000].map(at).into();
        assert_eq!(told, [Some(0), None, None, Some(2), None, Some(1)]);
    }
}
