//! What only the crate itself can ask a breaker for: calls that need a place besides, and counts of
//! answers that the service did not give.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a helper of a test fails the test")]

use std::time::Duration;

use super::*;
use crate::{
    breaker::{CircuitBreaker, Mode, State, ledger::Ending, ticket::Ticket},
    config::ConfigBuilder,
    error::CircuitError,
    observe::{
        event::{Event, FallbackResult, Rejection},
        snapshot::Totals,
    },
    primitive::lock,
    registry::{Registry, Subscription},
};

const LIMIT: u32 = 32;

/// One failure opens.
fn settings() -> ConfigBuilder {
    Config::builder().failure_threshold(1)
}

fn breaker(settings: ConfigBuilder) -> CircuitBreaker {
    CircuitBreaker::new("orders", settings.build().unwrap())
}

/// A breaker that somebody listens to, single calls included.
fn heard(settings: ConfigBuilder) -> (CircuitBreaker, Subscription) {
    let registry = Registry::new();
    let breaker = registry.get_or_register("orders", settings.build().unwrap()).unwrap();
    (breaker, registry.subscribe().with_calls())
}

fn waiting(events: &mut Subscription) -> Vec<Event> {
    std::iter::from_fn(|| events.try_recv().unwrap()).collect()
}

fn rejections(events: &[Event]) -> Vec<Rejection> {
    let rejection = |event: &Event| match event {
        Event::CallRejected { reason, .. } => Some(*reason),
        _ => None,
    };
    events.iter().filter_map(rejection).collect()
}

fn open(breaker: &CircuitBreaker) {
    breaker.try_acquire().unwrap().failure();
}

/// Opened, and due for a probe.
fn due(breaker: &CircuitBreaker) {
    open(breaker);
    while breaker.state() != State::HalfOpen || breaker.0.word().is_watched() {
        // The clock of some systems ticks slower than a nanosecond, and the timer is a thread.
        std::thread::yield_now();
    }
}

fn with_room(core: &Core) -> (Ticket, &'static str) {
    core.admit_with(LIMIT, || Some("place")).ok().expect("the call passes")
}

fn without_room(core: &Core) -> CircuitError {
    let refused = core.admit_with(LIMIT, || None::<()>);
    refused.expect_err("there is no place for the call").into_error()
}

fn full() -> CircuitError {
    CircuitError::BulkheadFull { name: Name::literal("orders"), limit: LIMIT }
}

fn totals(breaker: &CircuitBreaker) -> Totals {
    breaker.snapshot().totals
}

#[test]
fn given_room_when_a_call_comes_then_it_has_its_place_and_counts() {
    let breaker = breaker(settings());
    let core = &*breaker.0;

    let (ticket, place) = with_room(core);
    core.succeed(ticket, core.begin(ticket));

    assert_eq!(place, "place");
    assert_eq!(totals(&breaker), Totals { calls: 1, successes: 1, ..Totals::default() });
}

#[test]
fn given_no_room_when_a_call_comes_then_it_is_rejected_and_no_call_to_the_breaker() {
    let (breaker, mut events) = heard(settings());

    for _ in 0..100 {
        assert_eq!(without_room(&breaker.0), full());
    }

    assert_eq!(totals(&breaker), Totals { rejected: 100, ..Totals::default() });
    assert_eq!((breaker.state(), breaker.snapshot().openings), (State::Closed, 0));
    assert_eq!(rejections(&waiting(&mut events)), [Rejection::BulkheadFull; 100]);
}

#[test]
fn given_a_closed_breaker_when_there_is_no_room_then_no_lock_is_taken_and_nothing_allocated() {
    let breaker = breaker(settings());
    // The first call of a thread makes the counters that it adds to.
    without_room(&breaker.0);

    let held = lock(&breaker.0.inner);
    let memory = allocation_counter::measure(|| {
        for _ in 0..100 {
            assert!(breaker.0.admit_with(LIMIT, || None::<()>).is_err(), "or it waits for ever");
        }
    });
    drop(held);

    assert_eq!(memory.count_total, 0);
    assert_eq!(totals(&breaker).rejected, 101);
}

#[test]
fn given_a_breaker_that_rejects_when_a_call_comes_then_no_place_is_asked_for() {
    let breaker = breaker(settings());
    let ask = || {
        let asked = breaker.0.admit_with(LIMIT, || -> Option<()> { unreachable!("a place") });
        asked.expect_err("the breaker rejects the call").into_error()
    };

    open(&breaker);
    assert!(matches!(ask(), CircuitError::Open { .. }));
    breaker.force_open();
    assert!(matches!(ask(), CircuitError::ForcedOpen { .. }));
    breaker.force_open_for(Duration::from_secs(3600));
    assert!(matches!(ask(), CircuitError::ForcedOpen { .. }));
}

#[test]
fn given_a_half_open_breaker_when_there_is_no_room_for_its_probe_then_the_next_caller_has_it() {
    let settings = settings().recovery_timeout(Duration::from_nanos(1));
    let (breaker, mut events) = heard(settings.probe_timeout(Duration::MAX));
    due(&breaker);
    let core = &*breaker.0;

    for _ in 0..3 {
        assert_eq!(without_room(core), full());
    }
    let (probe, _) = with_room(core);
    assert!(matches!(breaker.try_acquire(), Err(CircuitError::HalfOpen { .. })));
    core.succeed(probe, core.begin(probe));

    assert_eq!(breaker.state(), State::Closed);
    let expected = Totals { calls: 2, successes: 1, failures: 1, rejected: 4, ..Totals::default() };
    assert_eq!(totals(&breaker), expected);
    let events = waiting(&mut events);
    assert!(matches!(
        events[..4],
        [
            Event::Transition { to: State::Open, .. },
            Event::Transition { to: State::HalfOpen, .. },
            Event::CallRejected { reason: Rejection::BulkheadFull, .. },
            Event::CallRejected { reason: Rejection::BulkheadFull, .. },
        ]
    ));
}

#[test]
fn given_a_disabled_breaker_when_there_is_no_room_then_the_call_is_rejected_and_counts_nowhere() {
    let (breaker, mut events) = heard(settings());
    let disable: [fn(&CircuitBreaker); 2] =
        [CircuitBreaker::disable, |breaker| breaker.disable_for(Duration::from_secs(3600))];
    for disable in disable {
        disable(&breaker);
        waiting(&mut events);

        let core = &*breaker.0;
        assert_eq!(without_room(core), full());
        let (ticket, _) = with_room(core);
        core.finish(ticket, core.begin(ticket), Ending::Failure(None));

        assert_eq!(totals(&breaker), Totals::default());
        assert_eq!(waiting(&mut events), []);
    }
}

#[test]
fn given_a_dry_run_when_there_is_no_room_then_the_call_is_rejected_and_counts_as_such() {
    let (breaker, mut events) = heard(settings());
    breaker.metrics_only();
    for _ in 0..2 {
        waiting(&mut events);
        let before = totals(&breaker);

        assert_eq!(without_room(&breaker.0), full());

        assert_eq!(totals(&breaker), Totals { rejected: before.rejected + 1, ..before });
        assert_eq!(rejections(&waiting(&mut events)), [Rejection::BulkheadFull]);
        // The second time, the breaker would be open.
        open(&breaker);
    }
    assert_eq!(breaker.mode(), Mode::MetricsOnly);
}

#[test]
fn given_answers_that_are_none_of_the_service_when_they_are_counted_then_each_kind_is_apart() {
    let breaker = breaker(settings());
    let core = &*breaker.0;

    core.count_fallback(false);
    assert!(core.count_fallback_quietly(false));
    let expected = Totals { fallbacks: 2, ..Totals::default() };
    assert_eq!(totals(&breaker), expected);
    assert!(core.extras.get().is_none(), "what is rare takes no room before it has been");

    core.count_fallback(true);
    assert!(core.count_fallback_quietly(true));
    core.count_stale_answer(Duration::from_secs(7));
    core.count_retry(2);
    core.count_retry(3);
    core.count_retry(4);

    let expected =
        Totals { fallbacks: 4, fallback_failures: 2, stale_answers: 1, retries: 3, ..expected };
    assert_eq!(totals(&breaker), expected);
    breaker.reset();
    assert_eq!(totals(&breaker), expected, "a reset keeps them");
}

#[test]
fn given_a_listener_to_calls_when_such_answers_are_counted_then_it_hears_of_each() {
    let (breaker, mut events) = heard(settings());
    let core = &*breaker.0;

    assert!(!core.count_fallback_quietly(true), "somebody wants to hear of it");
    core.count_retry(2);
    core.count_stale_answer(Duration::from_secs(7));
    core.count_fallback(true);
    core.count_fallback(false);

    let told: Vec<String> = waiting(&mut events)
        .iter()
        .map(|event| {
            assert!(event.is_of_a_call() && event.name() == "orders");
            match event {
                Event::CallRetried { attempt, .. } => format!("attempt {attempt}"),
                Event::StaleAnswerUsed { age, .. } => format!("{age:?} old"),
                Event::FallbackUsed { result: FallbackResult::Success, .. } => "fallback".into(),
                Event::FallbackUsed { result, .. } => format!("fallback: {result}"),
                other => unreachable!("nothing else has happened: {other:?}"),
            }
        })
        .collect();
    assert_eq!(told, ["attempt 2", "7s old", "fallback: failure", "fallback"]);
    assert_eq!(breaker.history(), [], "single calls are not kept");
}
