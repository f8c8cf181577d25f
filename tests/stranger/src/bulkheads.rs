//! Bulkheads: how many bodies run at a time, and when a place is given back.

use std::{
    panic::AssertUnwindSafe,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use cb_runtime::{CallError, CircuitError, State, circuit_breaker};
use tokio::{sync::Notify, task::JoinSet, time::sleep};

use crate::support::{Fault, Unique, breaker, counts, send, totals, turn};

static RUNNING: AtomicU32 = AtomicU32::new(0);
static MOST: AtomicU32 = AtomicU32::new(0);

const PLACES: u32 = 32;

#[circuit_breaker(name = "bulkheads.flood", failure_threshold = 1, max_concurrent = PLACES)]
async fn flood(call: u32) -> Result<(), Fault> {
    let running = RUNNING.fetch_add(1, Ordering::SeqCst) + 1;
    MOST.fetch_max(running, Ordering::SeqCst);
    for _ in 0..=call % 7 {
        turn().await;
    }
    RUNNING.fetch_sub(1, Ordering::SeqCst);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_ten_thousand_at_once_never_one_too_many_runs() {
    let mut calls = JoinSet::new();
    for call in 0..10_000 {
        calls.spawn(flood(call));
    }
    let (mut done, mut full) = (0, 0);
    while let Some(call) = calls.join_next().await {
        match call.expect("no call panics") {
            Ok(()) => done += 1,
            Err(Fault::Unavailable(CircuitError::BulkheadFull { limit, .. })) => {
                assert_eq!(limit, PLACES);
                full += 1;
            }
            Err(other) => panic!("{other}"),
        }
    }
    assert!(MOST.load(Ordering::SeqCst) <= PLACES);
    assert_eq!(done + full, 10_000);
    assert_eq!(counts("bulkheads.flood"), [done, 0, 0, full, 0]);
    assert_eq!(totals("bulkheads.flood").calls, done, "a call that found no place is none");
    assert_eq!(breaker("bulkheads.flood").state(), State::Closed);
}

#[circuit_breaker(name = "bulkheads.one", failure_threshold = 9, max_concurrent = 1)]
async fn one(until: &Notify, then: &str) -> Result<u32, Fault> {
    until.notified().await;
    assert_ne!(then, "panic");
    if then == "fail" { Err(Fault::Down) } else { Ok(1) }
}

#[tokio::test(start_paused = true)]
async fn a_place_is_given_back_however_a_call_ends() {
    let free = Notify::new();
    let is_full = || async {
        let answer = tokio::time::timeout(Duration::from_millis(1), one(&free, "return")).await;
        matches!(answer, Ok(Err(fault)) if fault.is_rejection())
    };
    for then in ["return", "fail", "panic", "drop"] {
        let mut call = Box::pin(one(&free, then));
        tokio::select! {
            biased;
            _ = &mut call => panic!("it waits"),
            () = turn() => {}
        }
        assert!(is_full().await, "while the first one runs");
        if then == "drop" {
            drop(call);
        } else {
            free.notify_one();
            let ended = futures_catch(call).await;
            assert_eq!(ended.is_err(), then == "panic");
        }
        assert!(!is_full().await, "after: {then}");
    }
    let counted = totals("bulkheads.one");
    assert_eq!((counted.rejected, counted.failures), (4, 2));
}

/// The call's end, be it a panic.
async fn futures_catch<T>(call: impl Future<Output = T>) -> std::thread::Result<T> {
    let mut call = Box::pin(call);
    std::future::poll_fn(move |cx| {
        match std::panic::catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(cx))) {
            Ok(std::task::Poll::Ready(value)) => std::task::Poll::Ready(Ok(value)),
            Ok(std::task::Poll::Pending) => std::task::Poll::Pending,
            Err(panic) => std::task::Poll::Ready(Err(panic)),
        }
    })
    .await
}

struct Client;

impl Client {
    #[circuit_breaker(
        name = "bulkheads.fallback",
        max_concurrent = 1,
        fallback_on = "rejected",
        fallback = |argument, cause| {
            assert!(matches!(cause, CallError::Rejected(CircuitError::BulkheadFull { .. })));
            Ok(argument.0 + 100)
        },
    )]
    async fn fetch(&self, argument: Unique) -> Result<u32, Fault> {
        sleep(Duration::from_secs(1)).await;
        Ok(argument.0)
    }

    #[circuit_breaker(
        name = "bulkheads.keyed",
        key = tenant,
        max_concurrent = 2,
        retry(max_attempts = 3, delay = "1s", factor = 1),
    )]
    async fn keyed(&self, tenant: &str) -> Result<u32, Fault> {
        sleep(Duration::from_secs(1)).await;
        if tenant == "bad" { Err(Fault::Down) } else { Ok(1) }
    }
}

#[tokio::test(start_paused = true)]
async fn a_fallback_answers_where_there_is_no_place() {
    let answers = tokio::join!(send(Client.fetch(Unique(1))), send(Client.fetch(Unique(2))));
    assert_eq!((answers.0.ok(), answers.1.ok()), (Some(1), Some(102)));
    assert_eq!(counts("bulkheads.fallback"), [1, 0, 0, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn the_places_are_the_functions_and_free_while_a_call_waits_for_its_next_attempt() {
    let (a, b, c) = tokio::join!(Client.keyed("a"), Client.keyed("b"), Client.keyed("c"));
    assert!(a.is_ok() && b.is_ok());
    assert!(c.is_err_and(|fault| fault.is_rejection()), "of all keys together");
    let (bad, later) = tokio::join!(Client.keyed("bad"), async {
        sleep(Duration::from_millis(1_500)).await;
        tokio::join!(Client.keyed("a"), Client.keyed("b"))
    });
    assert!(later.0.is_ok() && later.1.is_ok(), "the first one waits and has no place");
    assert!(bad.is_err_and(|fault| fault.is_rejection()), "and then there is none");
}

#[circuit_breaker(name = "bulkheads.plain", max_concurrent = 2)]
fn plain(depth: u32) -> Result<u32, Fault> {
    if depth == 0 { Ok(0) } else { Ok(plain(depth - 1)? + 1) }
}

#[test]
fn a_plain_function_has_places_too() {
    assert_eq!(plain(1).ok(), Some(1));
    assert!(plain(2).is_err_and(|fault| fault.is_rejection()));
    assert_eq!(plain(1).ok(), Some(1));
}

#[circuit_breaker(name = "bulkheads.modes", failure_threshold = 1, max_concurrent = 1)]
async fn modes() -> Result<u32, Fault> {
    sleep(Duration::from_secs(1)).await;
    Ok(1)
}

#[tokio::test(start_paused = true)]
async fn a_bulkhead_holds_in_every_mode() {
    assert!(modes().await.is_ok());
    let breaker = breaker("bulkheads.modes");
    breaker.disable();
    let (first, second) = tokio::join!(modes(), modes());
    assert!(first.is_ok() && second.is_err());
    assert_eq!(counts("bulkheads.modes"), [1, 0, 0, 0, 0], "and counts nothing in this one");
    breaker.metrics_only();
    let (first, second) = tokio::join!(modes(), modes());
    assert!(first.is_ok() && second.is_err());
    assert_eq!(counts("bulkheads.modes"), [2, 0, 0, 1, 0]);
}
