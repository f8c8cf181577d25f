//! One call's attempts.

use tokio::time::{Sleep, sleep};

use super::core::Core;
use crate::policy::retry::{Attempts, RetryPolicy};
