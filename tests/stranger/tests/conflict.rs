//! Two functions that contradict each other about one breaker.
#![forbid(unsafe_code)]
#![deny(warnings, clippy::all, clippy::pedantic)]

use std::time::Duration;

use cb_runtime::{CircuitError, circuit_breaker, declarations, registry};

/// The attribute stands right below.
const FIRST: u32 = line!() + 1;
#[circuit_breaker(name = "conflict", failure_threshold = 2, recovery_timeout = "5s")]
fn first(down: bool) -> Result<(), Option<CircuitError>> {
    if down { Err(None) } else { Ok(()) }
}

/// The attribute stands right below.
const SECOND: u32 = line!() + 1;
#[circuit_breaker(
    name = "conflict",
    recovery_timeout = "5s",
    failure_threshold = 3,
    success_threshold = 4
)]
async fn second(down: bool) -> Result<(), Option<CircuitError>> {
    if down { Err(None) } else { Ok(()) }
}

#[circuit_breaker(name = "agreement", failure_threshold = 1)]
fn third() -> Result<(), Option<CircuitError>> {
    Ok(())
}

#[test]
fn is_told_with_both_places() {
    let conflicts = declarations().verify().expect_err("a conflict");
    let found: Vec<_> = conflicts.iter().collect();
    let [conflict] = found.as_slice() else { panic!("expected one conflict: {conflicts}") };
    assert_eq!(conflict.setting(), "failure_threshold");
    assert_eq!(conflict.kept().function(), "conflict::first");
    assert_eq!(conflict.ignored().function(), "conflict::second");
    let told = format!(
        "circuit breaker `conflict`: `failure_threshold` is 2 at tests/conflict.rs:{FIRST} \
         (`conflict::first`), which stands, and 3 at tests/conflict.rs:{SECOND} \
         (`conflict::second`); write it at one of them"
    );
    assert_eq!(conflicts.to_string(), told);
    assert_eq!(format!("{conflicts:?}"), conflicts.to_string());
}

#[tokio::test]
async fn the_first_value_stands_whichever_is_called_first() {
    assert!(second(true).await.is_err_and(|error| error.is_none()));
    assert!(second(true).await.is_err_and(|error| error.is_none()));
    assert!(first(false).is_err_and(|error| error.is_some()));
    assert!(third().is_ok());
    let config = registry().get("conflict").expect("a breaker").config();
    assert_eq!((config.failure_threshold(), config.success_threshold()), (2, 4));
    assert_eq!(config.recovery_timeout(), Duration::from_secs(5));
}
