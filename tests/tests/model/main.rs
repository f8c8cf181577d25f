//! The breaker against a plain model of it, by random scripts.
//!
//! A script is a breaker's settings and a list of steps: calls and how they end, time that passes,
//! what an operator does. After each step everything that the public interface shows must be what the
//! model shows. Scripts that fail shrink to the shortest that does.
//!
//! `PROPTEST_CASES=1000000 cargo test -p cb-tests --release --test model` looks longer.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a helper of a test fails the test")]
#![allow(clippy::unchecked_time_subtraction, reason = "time does not go back in a script")]

mod api;
mod drive;
mod events;
mod found;
mod generate;
mod judged;
mod model;
mod operator;
mod script;
mod seen;
mod settings;

use generate::{Kind, scripts};
use proptest::{
    prelude::*,
    test_runner::{FileFailurePersistence, TestRunner},
};

/// Scripts of each kind.
const CASES: u32 = 4_000;

fn check(kind: Kind) {
    let seeds = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/model/seeds.txt");
    let given = ProptestConfig::default();
    let config = ProptestConfig {
        cases: given.cases.max(CASES),
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(seeds))),
        ..given
    };
    let outcome = TestRunner::new(config).run(&scripts(kind), |script| {
        // What hangs on chance is to fail again while it shrinks.
        let times = if script.has_chance() { 4 } else { 1 };
        (0..times).try_for_each(|_| drive::run(&script)).map_err(TestCaseError::fail)
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

#[test]
fn given_breakers_that_count_failures_in_a_row_when_scripts_run_then_they_do_as_the_model() {
    check(Kind::Rows);
}

#[test]
fn given_breakers_that_open_at_every_failure_when_scripts_run_then_they_do_as_the_model() {
    check(Kind::Probes);
}

#[test]
fn given_breakers_with_windows_of_calls_when_scripts_run_then_they_do_as_the_model() {
    check(Kind::RatesOfCalls);
}

#[test]
fn given_breakers_with_windows_of_time_when_scripts_run_then_they_do_as_the_model() {
    check(Kind::RatesOfTime);
}
