//! The attempts of one call.

use std::time::Duration;

use tokio::time::{Sleep, sleep};

use super::core::Core;
use crate::policy::retry::{Attempts, RetryPolicy};

/// How often a call has been made, and when it is made again.
pub struct Retrying {
    attempts: Attempts,
    /// Of the attempt under way, from 1.
    number: u32,
    wait: Duration,
}

impl Retrying {
    /// Before the first attempt.
    #[inline]
    pub fn new(policy: RetryPolicy) -> Self {
        Self { attempts: policy.attempts(), number: 0, wait: Duration::ZERO }
    }

    /// Counts an attempt, which the breaker admitted.
    #[inline]
    pub fn begin(&mut self, core: &Core) {
        self.number += 1;
        if self.number > 1 {
            core.count_retry(self.number);
        }
    }

    /// Whether the call is to be made again after a failure: if `wanted`, if attempts are left, and if
    /// the breaker is not open by now, be it through this failure.
    pub fn again(&mut self, core: &Core, wanted: impl FnOnce() -> bool) -> bool {
        if !self.attempts.are_left() || core.is_shut() || !wanted() {
            return false;
        }
        match self.attempts.next() {
            Some(wait) => {
                self.wait = wait;
                true
            }
            None => false,
        }
    }

    /// The wait before the next attempt.
    pub fn wait(&self) -> Sleep {
        sleep(self.wait)
    }
}
