//! What a call costs in memory: nothing, once its thread has used the breaker.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a helper of a test fails the test")]

use std::{
    hint::black_box,
    pin::pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use cb_runtime::{
    __private::Site, CallError, CircuitBreaker, CircuitError, Config, Declaration, Registry, State,
    Window,
};
use tokio::{
    runtime::{self, Runtime},
    time::advance,
};

const CALLS: usize = 1000;

/// The program's one breaker name is kept by each breaker as counted text, as a caller's would be.
fn closed() -> CircuitBreaker {
    let config = Config::builder().failure_threshold(1).recovery_timeout(Duration::MAX);
    let breaker = CircuitBreaker::new(String::from("orders"), config.build().unwrap());
    // The first call of a thread makes the counters that it adds to.
    breaker.call_blocking(|| Ok::<_, ()>(())).unwrap();
    breaker
}

fn opened() -> CircuitBreaker {
    let breaker = closed();
    breaker.call_blocking(|| Err::<(), _>(())).unwrap_err();
    assert_eq!(breaker.state(), State::Open);
    assert!(breaker.try_acquire().is_err(), "the first rejection is made");
    breaker
}

/// Runs the call without a runtime, whose own allocations would be counted too.
fn finish<T>(call: impl Future<Output = T>) -> T {
    match pin!(call).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => unreachable!("the calls of these tests wait for nothing"),
    }
}

/// How often memory was asked for in so many calls, on a clock that stands still: a call that took
/// much longer than those before, because the machine was busy, would have the histogram of response
/// times grow.
fn allocations(mut call: impl FnMut()) -> u64 {
    let paused = paused();
    let _inside = paused.enter();
    // What the first call on this clock makes is not counted.
    call();
    allocation_counter::measure(|| (0..CALLS).for_each(|_| call())).count_total
}

fn paused() -> Runtime {
    runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

#[test]
fn given_an_allocation_when_it_is_measured_then_it_is_seen() {
    let count = allocations(|| {
        black_box(Box::new(1));
    });

    assert_eq!(count, CALLS as u64, "or the other tests prove nothing");
}

#[test]
fn given_alerts_that_are_looked_at_when_calls_succeed_then_nothing_is_allocated() {
    let registry = Registry::new();
    let breaker = registry.get_or_register("orders", Config::default()).unwrap();
    breaker.call_blocking(|| Ok::<_, ()>(())).unwrap();
    registry.alerts();

    let count = allocations(|| breaker.call_blocking(|| Ok::<_, ()>(())).unwrap());

    assert_eq!(count, 0);
}

#[test]
fn given_alerts_when_they_are_looked_at_often_then_no_more_is_kept_than_at_first() {
    let registry = Registry::new();
    let breaker = registry.get_or_register("orders", Config::default()).unwrap();
    breaker.call_blocking(|| Ok::<_, ()>(())).unwrap();
    let look = || drop(registry.alerts());

    let first = allocation_counter::measure(look).bytes_current;
    let later = allocation_counter::measure(|| (0..CALLS).for_each(|_| look())).bytes_current;

    assert!((1..=600).contains(&first), "{first} bytes");
    assert_eq!(later, 0);
}

#[test]
fn given_a_closed_breaker_when_asynchronous_calls_succeed_then_nothing_is_allocated() {
    let breaker = closed();

    let count = allocations(|| {
        assert_eq!(finish(breaker.call(|| async { Ok::<_, ()>(1) })), Ok(1));
    });

    assert_eq!(count, 0);
}

#[test]
fn given_a_closed_breaker_when_plain_calls_succeed_then_nothing_is_allocated() {
    let breaker = closed();

    let count = allocations(|| assert_eq!(breaker.call_blocking(|| Ok::<_, ()>(1)), Ok(1)));

    assert_eq!(count, 0);
}

#[test]
fn given_a_closed_breaker_when_permits_are_taken_and_used_then_nothing_is_allocated() {
    let breaker = closed();
    // The counts of what is no success take no room before there is one.
    breaker.try_acquire().unwrap().ignore();

    let count = allocations(|| {
        breaker.try_acquire().unwrap().success();
        breaker.try_acquire().unwrap().ignore();
    });

    assert_eq!(count, 0);
}

#[test]
fn given_an_open_breaker_when_calls_are_rejected_then_nothing_is_allocated() {
    let breaker = opened();

    let count = allocations(|| {
        let answer = finish(breaker.call(|| async { Ok::<_, ()>(1) }));
        assert!(matches!(answer, Err(CallError::Rejected(CircuitError::Open { .. }))));
        let answer = breaker.call_blocking(|| Ok::<_, ()>(1));
        assert!(matches!(answer, Err(CallError::Rejected(CircuitError::Open { .. }))));
        assert!(matches!(breaker.try_acquire(), Err(CircuitError::Open { .. })));
    });

    assert_eq!(count, 0);
}

#[test]
fn given_a_rejected_call_when_a_fallback_answers_then_nothing_is_allocated() {
    let breaker = opened();

    let count = allocations(|| {
        let call = breaker.call_with_fallback(|| async { Err(()) }, |_| async { Ok::<_, ()>(1) });
        assert_eq!(finish(call), Ok(1));
    });

    assert_eq!(count, 0);
}

#[test]
fn given_a_forced_open_breaker_when_calls_are_rejected_then_nothing_is_allocated() {
    let breaker = closed();
    breaker.force_open();

    let count = allocations(|| assert!(breaker.try_acquire().is_err()));

    assert_eq!(count, 0);
}

#[test]
fn given_a_half_open_breaker_when_calls_are_rejected_then_nothing_is_allocated() {
    let config = Config::builder()
        .failure_threshold(1)
        .recovery_timeout(Duration::from_nanos(1))
        .probe_timeout(Duration::MAX);
    let breaker = CircuitBreaker::new("orders", config.build().unwrap());
    breaker.call_blocking(|| Err::<(), _>(())).unwrap_err();
    while breaker.state() != State::HalfOpen {
        // The clock of some systems ticks slower than a nanosecond.
        std::thread::yield_now();
    }
    let probe = breaker.try_acquire().unwrap();

    let count = allocations(|| assert!(breaker.try_acquire().is_err()));

    assert_eq!(count, 0);
    drop(probe);
}

#[test]
fn given_a_key_that_has_a_breaker_when_calls_come_with_it_then_nothing_is_allocated() {
    static TENANT: Declaration =
        Declaration::new("tenant", || "tests::here", (file!(), line!()), Config::builder(), None);
    static SITE: Site = Site::new(&TENANT);
    let (short, long) = (String::from("7"), "7".repeat(120));
    let call = || {
        drop(SITE.at(&short).admit());
        drop(SITE.at(&long).admit());
        drop(SITE.at(&123_456_u64).admit());
    };
    call();

    assert_eq!(allocations(call), 0);
}

/// How often a million calls ask for memory, a quarter of them failures, while the window slides.
fn allocations_in_a_million_calls(window: Window) -> u64 {
    let config = Config::builder().failure_threshold(u32::MAX).failure_rate(1.0).window(window);
    let breaker = CircuitBreaker::new("orders", config.build().unwrap());
    let call = |number: u32| {
        let answer = if number.is_multiple_of(4) { Err(()) } else { Ok(()) };
        assert_eq!(breaker.call_blocking(|| answer).is_ok(), answer.is_ok());
    };
    // From here on the window is as large as it will be.
    (0..4000).for_each(call);
    paused().block_on(async {
        let mut count = 0;
        for _ in 0..1000 {
            advance(Duration::from_millis(100)).await;
            count += allocation_counter::measure(|| (0..1000).for_each(call)).count_total;
        }
        assert_eq!(breaker.snapshot().failure_rate, Some(0.25));
        count
    })
}

#[test]
fn given_a_window_of_time_when_a_million_calls_end_in_it_then_nothing_is_allocated() {
    assert_eq!(allocations_in_a_million_calls(Window::time(Duration::from_millis(1600))), 0);
}

#[test]
fn given_a_window_of_calls_when_a_million_calls_end_in_it_then_nothing_is_allocated() {
    assert_eq!(allocations_in_a_million_calls(Window::calls(1000)), 0);
}
