//! The attempts of one call.

use std::time::Duration;

use tokio::time::{Sleep, sleep};

use super::core::Core;
use crate::policy::{Attempts, RetryPolicy};

/// Which attempt of a call is under way, and whether and when there is another.
pub struct Retrying {
    attempts: Attempts,
    wait: Duration,
}

impl Retrying {
    /// At the first attempt.
    #[inline]
    pub fn new(policy: RetryPolicy) -> Self {
        Self { attempts: policy.attempts(), wait: Duration::ZERO }
    }

    /// Counts an attempt, which the breaker has admitted, if it is not the first.
    #[inline]
    pub fn begin(&mut self, core: &Core) {
        if self.attempts.number() > 1 {
            core.count_retry(self.attempts.number());
        }
    }

    /// Whether the call is made again after a failure: where attempts are left, the breaker is not
    /// open by now, be it through this failure, and it is `wanted`. Then [`wait`](Self::wait) first.
    pub fn again(&mut self, core: &Core, wanted: impl FnOnce() -> bool) -> bool {
        if self.attempts.number() > 1 {
            core.count_failed_retry();
        }
        if !self.attempts.are_left() || core.is_shut() || !wanted() {
            return false;
        }
        let wait = self.attempts.wait();
        self.wait = wait.unwrap_or_default();
        wait.is_some()
    }

    /// The wait before the next attempt.
    pub fn wait(&self) -> Sleep {
        sleep(self.wait)
    }
}
