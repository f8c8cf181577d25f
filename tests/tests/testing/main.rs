//! Tests of tests: each with a registry of its own.

#![cfg(feature = "testing")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod apart;
mod assert;
// Their settings are changed by a file.
#[cfg(feature = "config")]
mod calls;
mod inherited;
mod inside;
mod trip;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use cb_runtime::circuit_breaker;

const SECOND: Duration = Duration::from_secs(1);

/// Fails where it is told to.
#[circuit_breaker(name = "testing.stock", failure_threshold = 3, recovery_timeout = "30s")]
async fn stock(up: bool) -> anyhow::Result<u32> {
    tokio::task::yield_now().await;
    anyhow::ensure!(up, "no connection");
    Ok(7)
}

/// The same, plain.
#[circuit_breaker(name = "testing.price", failure_threshold = 2)]
fn price(up: bool) -> anyhow::Result<u32> {
    anyhow::ensure!(up, "no connection");
    Ok(9)
}

/// What it panics with.
fn panic_of(act: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(act)).expect_err("it panics");
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).expect("a text")
}
