//! A panic counts as a failure and goes on to the caller.

use std::panic::{AssertUnwindSafe, catch_unwind};

use cb_runtime::circuit_breaker;

use crate::support::{Fault, breaker, counts};

#[circuit_breaker(name = "panics.plain", failure_threshold = 1, fallback = |_| Ok(7))]
fn plain(n: u32) -> Result<u32, Fault> {
    assert_ne!(n, 0, "none left");
    Ok(n)
}

#[circuit_breaker(name = "panics.async", failure_threshold = 2, call_timeout = "1s")]
async fn asynchronous(n: u32) -> Result<u32, Fault> {
    tokio::task::yield_now().await;
    assert_ne!(n, 0, "none left");
    Ok(n)
}

#[circuit_breaker(
    name = "panics.judge",
    failure_if = |answer| answer.as_ref().is_ok_and(|n| *n == 0 || unknown()),
)]
fn judged(n: u32) -> Result<u32, Fault> {
    Ok(n)
}

fn unknown() -> bool {
    panic!("the judge has no idea")
}

#[circuit_breaker(name = "panics.off", enabled = false, failure_threshold = 1)]
fn off() -> Result<u32, Fault> {
    panic!("off")
}

fn message(result: std::thread::Result<impl Sized>) -> String {
    let payload = result.map(drop).expect_err("a panic");
    let text = payload.downcast_ref::<String>().cloned();
    text.or_else(|| payload.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default()
}

#[test]
fn in_a_plain_function() {
    assert!(message(catch_unwind(|| plain(0))).ends_with("none left\n  left: 0\n right: 0"));
    assert_eq!(plain(1).ok(), Some(7));
    assert_eq!(counts("panics.plain"), [0, 1, 0, 1, 1]);
    assert_eq!(breaker("panics.plain").snapshot().last_error.as_deref(), Some("panicked"));
}

#[tokio::test]
async fn in_an_async_function() {
    assert_eq!(asynchronous(1).await.ok(), Some(1));
    for _ in 0..2 {
        let panicked = tokio::spawn(asynchronous(0)).await.expect_err("a panic");
        assert!(panicked.is_panic());
    }
    assert!(asynchronous(1).await.is_err_and(|fault| fault.is_rejection()));
    assert_eq!(counts("panics.async"), [1, 2, 0, 1, 0]);
}

#[test]
fn in_a_judge() {
    assert!(judged(0).is_ok());
    assert_eq!(message(catch_unwind(|| judged(1))), "the judge has no idea");
    assert_eq!(counts("panics.judge"), [0, 2, 0, 0, 0]);
}

#[test]
fn off_means_uncounted() {
    assert_eq!(message(catch_unwind(AssertUnwindSafe(off))), "off");
    assert_eq!(counts("panics.off"), [0; 5]);
}
