//! The stores of stale answers, through their public interface.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a helper of a test fails the test")]

#[cfg(feature = "disk-cache")]
mod disk;
mod memory;
mod wrapped;

use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const NANO: Duration = Duration::from_nanos(1);
