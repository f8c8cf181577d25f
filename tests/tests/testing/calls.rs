//! Settings of calls that are changed while the program runs.

#![allow(clippy::panic, reason = "a helper of a test fails the test")]

use std::cell::Cell;

use cb_runtime::{CallError, CircuitError, Declaration, Source, declarations, registry, testing};
use tokio::time::{Instant, advance, sleep};

use super::*;

#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error("down")]
    Down,
    #[error(transparent)]
    Unavailable(#[from] CircuitError),
}

/// Other settings than the attribute has for the calls of this function, whose breaker is called after it.
fn change(function: &str, settings: &str) {
    load(&table(function, settings));
}

fn table(function: &str, settings: &str) -> String {
    let name = function.rsplit("::").next().unwrap_or_default();
    format!("[breakers.\"calls.{name}\".calls.\"{function}\"]\n{settings}\n")
}

/// What the attributes have.
fn change_back() {
    load("");
}

fn load(file: &str) {
    registry().load(Source::toml(file).without_variables()).unwrap();
}

/// Runs a future until it waits.
async fn begin<F: Future>(call: F) -> std::pin::Pin<Box<F>>
where
    F::Output: std::fmt::Debug,
{
    let mut call = Box::pin(call);
    tokio::select! {
        biased;
        answer = &mut call => panic!("it has not waited: {answer:?}"),
        () = tokio::task::yield_now() => {}
    }
    call
}

const LIMIT: Duration = Duration::from_secs(4);

#[circuit_breaker(name = "calls.timed", failure_threshold = u32::MAX, call_timeout = LIMIT)]
async fn timed(time: Duration) -> Result<(), Fault> {
    sleep(time).await;
    Ok(())
}

/// After how long the call was given up.
async fn limit_of(call: impl Future<Output = Result<(), Fault>>) -> Duration {
    let start = Instant::now();
    match call.await {
        Err(Fault::Unavailable(CircuitError::Timeout { limit, .. })) => {
            assert_eq!(start.elapsed(), limit);
            limit
        }
        other => panic!("it is given up, and not {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn given_a_call_timeout_when_it_is_changed_then_the_next_call_has_it() {
    testing::isolated(async {
        assert_eq!(limit_of(timed(60 * SECOND)).await, LIMIT);

        change("timed", "call_timeout = \"9s\"");
        assert_eq!(limit_of(timed(60 * SECOND)).await, 9 * SECOND);
        timed(8 * SECOND).await.unwrap();

        change_back();
        assert_eq!(limit_of(timed(60 * SECOND)).await, LIMIT);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn given_a_call_under_way_when_the_call_timeout_is_changed_then_it_keeps_its_own() {
    testing::isolated(async {
        let call = begin(timed(60 * SECOND)).await;
        let start = Instant::now();
        change("timed", "call_timeout = \"1s\"");

        call.await.unwrap_err();

        assert_eq!(start.elapsed(), LIMIT);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn given_a_test_of_its_own_when_it_changes_settings_then_nobody_else_has_them() {
    testing::isolated(async {
        change("timed", "call_timeout = \"1s\"");
        testing::isolated(async { assert_eq!(limit_of(timed(60 * SECOND)).await, LIMIT) }).await;
        assert_eq!(limit_of(timed(60 * SECOND)).await, SECOND);
    })
    .await;
    assert_eq!(limit_of(timed(60 * SECOND)).await, LIMIT, "in the program");
}

#[circuit_breaker(name = "calls.of_the_program", call_timeout = "2s")]
async fn of_the_program(time: Duration) -> Result<(), Fault> {
    sleep(time).await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn given_settings_of_the_program_when_they_are_changed_then_a_test_of_its_own_has_them_not() {
    change("of_the_program", "call_timeout = \"7s\"");
    assert_eq!(limit_of(of_the_program(60 * SECOND)).await, 7 * SECOND);
    testing::isolated(async {
        assert_eq!(limit_of(of_the_program(60 * SECOND)).await, 2 * SECOND);
    })
    .await;
    change_back();
    assert_eq!(limit_of(of_the_program(60 * SECOND)).await, 2 * SECOND);
}

#[circuit_breaker(name = "calls.few", max_concurrent = 3)]
async fn few(time: Duration) -> Result<(), Fault> {
    sleep(time).await;
    Ok(())
}

/// How many places the full bulkhead is said to have.
fn places(answer: Result<(), Fault>) -> Option<u32> {
    match answer {
        Ok(()) => None,
        Err(Fault::Unavailable(CircuitError::BulkheadFull { limit, .. })) => Some(limit),
        Err(other) => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn given_calls_under_way_when_max_concurrent_is_lowered_then_they_end_before_others_begin() {
    testing::isolated(async {
        let mut calls = Vec::new();
        for seconds in 1..=3 {
            calls.push(begin(few(seconds * SECOND)).await);
        }
        assert_eq!(places(few(SECOND).await), Some(3));

        change("few", "max_concurrent = 1");
        let mut calls = calls.into_iter();
        let mut next = async || calls.next().expect("one is left").await;
        next().await.unwrap();
        assert_eq!(places(few(SECOND).await), Some(1), "two are under way");
        next().await.unwrap();
        assert_eq!(places(few(SECOND).await), Some(1), "one is under way");
        next().await.unwrap();
        assert_eq!(places(few(SECOND).await), None);

        change_back();
        let _calls = (begin(few(SECOND)).await, begin(few(SECOND)).await, begin(few(SECOND)).await);
        assert_eq!(places(few(SECOND).await), Some(3));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn given_a_full_bulkhead_when_max_concurrent_is_raised_then_more_are_admitted() {
    testing::isolated(async {
        let _calls = (begin(few(SECOND)).await, begin(few(SECOND)).await, begin(few(SECOND)).await);
        assert_eq!(places(few(SECOND).await), Some(3));

        change("few", "max_concurrent = 4");

        let _fourth = begin(few(SECOND)).await;
        assert_eq!(places(few(SECOND).await), Some(4));
    })
    .await;
}

/// A plain function that runs others of its kind within.
#[circuit_breaker(name = "calls.plain", max_concurrent = 2)]
fn plain(within: &dyn Fn()) -> Result<(), Fault> {
    within();
    Ok(())
}

#[test]
fn given_a_plain_function_when_max_concurrent_is_changed_then_the_next_call_meets_it() {
    testing::isolated_blocking(|| {
        let nothing = || {};
        let is_full = |limit| assert_eq!(places(plain(&nothing)), limit);
        plain(&|| plain(&|| is_full(Some(2))).unwrap()).unwrap();
        change("plain", "max_concurrent = 1");
        plain(&|| is_full(Some(1))).unwrap();
        plain(&|| {
            change("plain", "max_concurrent = 2");
            plain(&|| is_full(Some(2))).unwrap();
            change_back();
        })
        .unwrap();
        is_full(None);
    });
}

#[circuit_breaker(
    name = "calls.retried",
    failure_threshold = u32::MAX,
    retry(max_attempts = 3, delay = "1s", max_delay = "10s"),
)]
async fn retried(attempts: &Cell<u32>) -> Result<(), Fault> {
    attempts.set(attempts.get() + 1);
    Err(Fault::Down)
}

/// How many attempts a call makes, and how long it takes, which is how long it waits.
async fn attempts() -> (u32, Duration) {
    let (attempts, start) = (Cell::new(0), Instant::now());
    retried(&attempts).await.unwrap_err();
    (attempts.get(), start.elapsed())
}

#[tokio::test(start_paused = true)]
async fn given_a_retry_when_it_is_changed_then_the_next_call_has_all_of_it() {
    testing::isolated(async {
        assert_eq!(attempts().await, (3, 3 * SECOND));

        let retry =
            "retry = { max_attempts = 4, delay = \"2s\", factor = 3.0, max_delay = \"7s\" }";
        change("retried", retry);
        assert_eq!(attempts().await, (4, (2 + 6 + 7) * SECOND));
        change("retried", "retry.max_attempts = 1");
        assert_eq!(attempts().await, (1, Duration::ZERO));

        change_back();
        assert_eq!(attempts().await, (3, 3 * SECOND));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn given_a_call_between_attempts_when_its_retry_is_changed_then_it_keeps_its_own() {
    testing::isolated(async {
        let (attempts, start) = (Cell::new(0), Instant::now());
        let call = begin(retried(&attempts)).await;
        change("retried", "retry.max_attempts = 9");

        call.await.unwrap_err();

        assert_eq!((attempts.get(), start.elapsed()), (3, 3 * SECOND));
    })
    .await;
}

#[circuit_breaker(name = "calls.stale", stale_if_error(max_age = "1m", key = ()))]
async fn stale(up: bool) -> Result<Instant, Fault> {
    if up { Ok(Instant::now()) } else { Err(Fault::Down) }
}

#[tokio::test(start_paused = true)]
async fn given_a_stale_answer_when_max_age_is_changed_then_the_next_call_has_it_or_not() {
    testing::isolated(async {
        let answer = stale(true).await.unwrap();
        advance(30 * SECOND).await;
        assert_eq!(stale(false).await.unwrap(), answer);

        change("stale", "stale_if_error.max_age = \"90s\"");
        advance(60 * SECOND).await;
        assert_eq!(stale(false).await.unwrap(), answer, "of as many seconds");
        change("stale", "stale_if_error.max_age = \"89s\"");
        stale(false).await.unwrap_err();

        let answer = stale(true).await.unwrap();
        change_back();
        advance(60 * SECOND).await;
        assert_eq!(stale(false).await.unwrap(), answer);
        advance(SECOND).await;
        stale(false).await.unwrap_err();
    })
    .await;
}

#[circuit_breaker(
    name = "calls.keyed",
    key = tenant,
    failure_threshold = u32::MAX,
    call_timeout = "4s",
    max_concurrent = 1,
    retry(max_attempts = 2, delay = "1s"),
    stale_if_error(max_age = "1m"),
    fallback_on = "rejected",
    fallback = |_, _, cause| match cause {
        CallError::Rejected(CircuitError::BulkheadFull { limit, .. }) => Ok(limit),
        _ => Err(Fault::Down),
    },
)]
async fn keyed(tenant: &str, time: Duration) -> Result<u32, Fault> {
    sleep(time).await;
    Ok(0)
}

#[tokio::test(start_paused = true)]
async fn given_a_function_with_a_key_when_its_calls_are_changed_then_those_of_all_keys_are() {
    testing::isolated(async {
        let given_up_after = async |tenant: &str| {
            let start = Instant::now();
            keyed(tenant, 60 * SECOND).await.unwrap_err();
            start.elapsed()
        };
        assert_eq!(given_up_after("a").await, (4 + 1 + 4) * SECOND);

        let settings = "
            call_timeout = \"2s\"
            max_concurrent = 2
            retry = { max_attempts = 3, delay = \"5s\" }
        ";
        change("keyed", settings);
        for tenant in ["a", "b"] {
            assert_eq!(given_up_after(tenant).await, (2 + 5 + 2 + 10 + 2) * SECOND);
        }
        let _calls = (begin(keyed("a", SECOND)).await, begin(keyed("b", SECOND)).await);
        assert_eq!(keyed("c", SECOND).await.unwrap(), 2, "places for all keys");
    })
    .await;
}

struct Warehouse;

trait Store {
    async fn take(&self, time: Duration) -> Result<(), Fault>;
}

impl Warehouse {
    #[circuit_breaker(name = "calls.own", call_timeout = "2s")]
    async fn own<T>(&self, time: Duration, _: T) -> Result<(), Fault> {
        sleep(time).await;
        Ok(())
    }
}

impl Store for Warehouse {
    #[circuit_breaker(name = "calls.take", call_timeout = "2s")]
    async fn take(&self, time: Duration) -> Result<(), Fault> {
        sleep(time).await;
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn given_methods_when_the_calls_of_one_are_changed_then_those_of_others_are_not() {
    testing::isolated(async {
        let limits = async || {
            let (time, house) = (60 * SECOND, Warehouse);
            [
                limit_of(house.own(time, 1)).await,
                limit_of(house.own(time, "one")).await,
                limit_of(house.take(time)).await,
            ]
        };
        change("Warehouse::own", "call_timeout = \"3s\"");
        assert_eq!(limits().await, [3 * SECOND, 3 * SECOND, 2 * SECOND], "of every type parameter");
        let three = table("Warehouse::own", "call_timeout = \"3s\"");
        load(&(three + &table("take", "call_timeout = \"1s\"")));
        assert_eq!(limits().await, [3 * SECOND, 3 * SECOND, SECOND]);
    })
    .await;
}

#[circuit_breaker(name = "calls.llm", service_type = "llm")]
async fn llm(time: Duration) -> Result<(), Fault> {
    sleep(time).await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn given_a_call_timeout_of_a_preset_when_it_is_changed_then_the_next_call_has_it() {
    testing::isolated(async {
        assert_eq!(limit_of(llm(90 * SECOND)).await, 30 * SECOND);
        change("llm", "call_timeout = \"45s\"");
        assert_eq!(limit_of(llm(90 * SECOND)).await, 45 * SECOND);
    })
    .await;
}

#[circuit_breaker(
    name = "calls.switched",
    enabled = on,
    call_timeout = "2s",
    max_concurrent = 1,
    fallback = |_, _| Ok(()),
)]
async fn switched(on: bool, time: Duration) -> Result<(), Fault> {
    sleep(time).await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn given_a_function_that_is_off_when_its_calls_are_changed_then_they_are_plain_calls() {
    testing::isolated(async {
        let took = async |on| {
            let start = Instant::now();
            switched(on, 9 * SECOND).await.unwrap();
            start.elapsed()
        };
        assert_eq!((took(true).await, took(false).await), (2 * SECOND, 9 * SECOND));
        change("switched", "call_timeout = \"1s\"");
        assert_eq!((took(true).await, took(false).await), (SECOND, 9 * SECOND));
    })
    .await;
}

fn declared(name: &str) -> &'static Declaration {
    declarations().iter().find(|declared| declared.name() == name).expect("it is declared")
}

#[test]
fn given_settings_of_calls_when_declarations_are_listed_then_they_are_too() {
    let settings = |name| declared(name).call_settings();
    assert_eq!(settings("calls.timed"), [("call_timeout", "4s".to_owned())]);
    assert_eq!(settings("calls.llm"), [("call_timeout", "30s".to_owned())]);
    assert_eq!(settings("calls.few"), [("max_concurrent", "3".to_owned())]);
    let retry = "(max_attempts = 3, delay = 1s, factor = 2.0, max_delay = 10s, jitter = 0.0)";
    assert_eq!(settings("calls.retried"), [("retry", retry.to_owned())]);
    assert_eq!(settings("calls.stale"), [("stale_if_error", "(max_age = 1m)".to_owned())]);
    assert_eq!(settings("testing.stock"), []);
}
