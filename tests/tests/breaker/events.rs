//! What is told of a breaker's changes, in what order, and to whom.

use std::{sync::Barrier, thread};

use cb_runtime::{Event, OpenReason, Registry, Subscription, TransitionReason};

use super::*;

pub(super) fn registered(
    registry: &Registry,
    name: &str,
    settings: ConfigBuilder,
) -> CircuitBreaker {
    registry.get_or_register(name, settings.build().unwrap()).unwrap()
}

/// A breaker and one who listens to it.
pub(super) fn heard(settings: ConfigBuilder) -> (CircuitBreaker, Subscription) {
    let registry = Registry::new();
    let events = registry.subscribe();
    (registered(&registry, "orders", settings), events)
}

/// All that is waiting.
pub(super) fn waiting(events: &mut Subscription) -> Vec<Event> {
    std::iter::from_fn(|| events.try_recv().unwrap()).collect()
}

/// What a test looks at of an event, in a line.
pub(super) fn line(event: &Event) -> String {
    match event {
        Event::Transition { from, to, reason, dry_run, .. } => {
            let dry_run = if *dry_run { ", not done" } else { "" };
            format!("{from} to {to}: {reason}{dry_run}")
        }
        Event::ModeChanged { from, to, lasts, .. } => {
            let lasts = lasts.map_or_else(String::new, |lasts| format!(" for {lasts:?}"));
            format!("{from} to {to}{lasts}")
        }
        Event::Reset { .. } => "reset".to_owned(),
        Event::ConfigChanged { changes, .. } => {
            let change = changes.first().unwrap();
            format!("{} from {} to {}", change.setting, change.from, change.to)
        }
        Event::CallRejected { reason, .. } => format!("rejected: {reason:?}"),
        Event::FallbackUsed { result, .. } => format!("fallback: {result}"),
        other => unreachable!("no kind that this test knows: {other:?}"),
    }
}

pub(super) fn lines(events: &[Event]) -> Vec<String> {
    events.iter().map(line).collect()
}

#[tokio::test(start_paused = true)]
async fn given_an_outage_when_it_is_over_then_each_change_of_state_was_told() {
    let (breaker, mut events) = heard(settings().success_threshold(2));

    open(&breaker).await;
    rejection(&breaker).await;
    advance(RECOVERY).await;
    assert_eq!(breaker.state(), State::HalfOpen);
    assert_eq!(lines(&waiting(&mut events)), ["closed to open: 3 failures in a row"]);
    fail(&breaker).await.unwrap_err();
    advance(RECOVERY).await;
    succeed(&breaker).await.unwrap();
    succeed(&breaker).await.unwrap();

    let told = waiting(&mut events);
    assert_eq!(
        lines(&told),
        [
            "open to half-open: the open time was over",
            "half-open to open: a probe failed",
            "open to half-open: the open time was over",
            "half-open to closed: 2 probes succeeded",
        ]
    );
    assert!(told.iter().all(|event| event.name() == "orders"));
    assert_eq!(lines(&breaker.history())[1..], lines(&told));
}

#[tokio::test(start_paused = true)]
async fn given_an_opening_when_it_is_told_then_the_event_says_what_it_came_from_and_how_long() {
    let backoff = cb_runtime::Backoff::new(2.0, Duration::MAX);
    let (breaker, mut events) = heard(settings().backoff(backoff).slow_call(SECOND));
    succeed(&breaker).await.unwrap();
    let slow = Flight::begin(&breaker);
    advance(2 * SECOND).await;
    slow.succeed().await;
    open(&breaker).await;
    advance(RECOVERY).await;
    fail(&breaker).await.unwrap_err();

    let told = waiting(&mut events);

    let Event::Transition { from, to, reason, open_for, counts, error, dry_run, .. } = &told[0]
    else {
        unreachable!("it opened: {told:?}");
    };
    assert_eq!((*from, *to, *dry_run, error), (State::Closed, State::Open, false, &None));
    let row = OpenReason::ConsecutiveFailures { count: 3 };
    assert_eq!(*reason, TransitionReason::Opened { reason: row });
    assert_eq!(*open_for, Some(RECOVERY));
    assert_eq!((counts.consecutive_failures, counts.probe_successes), (3, 0));
    assert_eq!((counts.calls, counts.failures, counts.slow), (5, 3, 1));
    let Event::Transition { open_for, counts, .. } = &told[2] else {
        unreachable!("it opened again: {told:?}");
    };
    assert_eq!((*open_for, counts.calls), (Some(2 * RECOVERY), 0));
}

#[tokio::test(start_paused = true)]
async fn given_each_state_when_it_is_reset_then_the_reset_is_told_and_then_what_it_changed() {
    let (breaker, mut events) = heard(settings().failure_threshold(1));

    breaker.reset();
    assert_eq!(lines(&waiting(&mut events)), ["reset"]);

    fail(&breaker).await.unwrap_err();
    breaker.reset();
    let expected = ["closed to open: 1 failure", "reset", "open to closed: reset"];
    assert_eq!(lines(&waiting(&mut events)), expected);

    fail(&breaker).await.unwrap_err();
    advance(RECOVERY).await;
    drop(hang(&breaker));
    waiting(&mut events);
    breaker.reset();
    assert_eq!(lines(&waiting(&mut events)), ["reset", "half-open to closed: reset"]);

    breaker.force_open();
    waiting(&mut events);
    breaker.reset();
    let expected = ["reset", "forced open to normal", "open to closed: reset"];
    assert_eq!(lines(&waiting(&mut events)), expected);
}

#[tokio::test(start_paused = true)]
async fn given_each_mode_when_it_is_set_then_it_is_told_and_then_the_state_that_callers_meet() {
    let (breaker, mut events) = heard(settings().failure_threshold(1));

    breaker.force_open();
    breaker.force_open();
    breaker.resume();
    breaker.resume();
    let expected = [
        "normal to forced open",
        "closed to open: forced by hand",
        "forced open to normal",
        "open to closed: its mode was changed",
    ];
    assert_eq!(lines(&waiting(&mut events)), expected);

    breaker.disable_for(SECOND);
    breaker.resume();
    let expected = ["normal to disabled for 1s", "disabled to normal"];
    assert_eq!(lines(&waiting(&mut events)), expected);

    fail(&breaker).await.unwrap_err();
    breaker.force_open_for(SECOND);
    breaker.force_open_for(2 * SECOND);
    breaker.resume();
    breaker.metrics_only();
    let expected = [
        "closed to open: 1 failure",
        "normal to forced open for 1s",
        "forced open to forced open for 2s",
        "forced open to normal",
        "normal to metrics only",
        "open to closed: its mode was changed",
    ];
    assert_eq!(lines(&waiting(&mut events)), expected);
}

#[tokio::test(start_paused = true)]
async fn given_a_mode_for_a_time_when_it_is_over_then_the_next_call_tells_of_its_end() {
    let (breaker, mut events) = heard(settings());
    breaker.force_open_for(SECOND);
    advance(SECOND - NANO).await;
    rejection(&breaker).await;
    let expected = ["normal to forced open for 1s", "closed to open: forced by hand"];
    assert_eq!(lines(&waiting(&mut events)), expected);

    advance(NANO).await;
    assert_eq!(breaker.state(), State::Closed);
    assert_eq!(breaker.snapshot().mode, cb_runtime::Mode::Normal);
    assert_eq!(waiting(&mut events), [], "who looks changes nothing");
    succeed(&breaker).await.unwrap();

    let expected = ["forced open to normal", "open to closed: its mode was changed"];
    assert_eq!(lines(&waiting(&mut events)), expected);
}

#[tokio::test(start_paused = true)]
async fn given_metrics_only_when_it_would_open_then_that_is_told_as_not_done() {
    let (breaker, mut events) = heard(settings());
    breaker.metrics_only();

    for _ in 0..4 {
        fail(&breaker).await.unwrap_err();
    }
    advance(RECOVERY).await;
    succeed(&breaker).await.unwrap();
    fail(&breaker).await.unwrap_err();
    breaker.resume();

    let expected = [
        "normal to metrics only",
        "closed to open: 3 failures in a row, not done",
        "open to half-open: the open time was over, not done",
        "half-open to closed: a probe succeeded, not done",
        "metrics only to normal",
    ];
    assert_eq!(lines(&waiting(&mut events)), expected);
}

#[tokio::test(start_paused = true)]
async fn given_a_dry_run_that_would_be_open_when_it_ends_then_no_state_has_changed() {
    let (breaker, mut events) = heard(settings().failure_threshold(1));
    breaker.metrics_only();
    fail(&breaker).await.unwrap_err();
    waiting(&mut events);

    breaker.resume();
    assert_eq!(lines(&waiting(&mut events)), ["metrics only to normal"]);
    fail(&breaker).await.unwrap_err();

    assert_eq!(lines(&waiting(&mut events)), ["closed to open: 1 failure"]);
}

#[tokio::test(start_paused = true)]
async fn given_more_than_a_hundred_events_when_the_history_is_read_then_it_has_the_last_hundred() {
    let (breaker, mut events) = heard(settings());
    assert_eq!(breaker.history(), []);
    let mut all = Vec::new();
    for count in 1..=130 {
        breaker.reconfigure(|c| c.failure_threshold(1000 + count)).unwrap();
        all.extend(waiting(&mut events));
        assert_eq!(breaker.history(), all[all.len().saturating_sub(100)..]);
    }

    assert_eq!(line(&breaker.history()[99]), "failure_threshold from 1129 to 1130");
}

#[test]
fn given_threads_that_change_one_breaker_when_all_is_told_then_it_is_one_chain() {
    const THREADS: u64 = 4;
    let settings = settings().failure_threshold(2).recovery_timeout(NANO);
    let (breaker, mut events) = heard(settings);
    let all = Barrier::new(4);
    let act = |dice: &mut Dice| match dice.throw(10) {
        0 => breaker.force_open(),
        1 => breaker.resume(),
        2 => breaker.reset(),
        3 => breaker.metrics_only(),
        4 => breaker.disable(),
        5 | 6 => drop(breaker.call_blocking(|| Ok::<_, &str>(()))),
        _ => drop(breaker.call_blocking(|| Err::<(), _>("refused"))),
    };

    thread::scope(|scope| {
        for seed in 1..=THREADS {
            let (all, act) = (&all, &act);
            scope.spawn(move || {
                let mut dice = Dice(seed);
                all.wait();
                (0..1000).for_each(|_| act(&mut dice));
            });
        }
    });
    breaker.resume();

    let told = waiting(&mut events);
    let mut now = State::Closed;
    for event in &told {
        if let Event::Transition { from, to, dry_run: false, .. } = event {
            assert_eq!(*from, now, "{}", line(event));
            now = *to;
        }
    }
    let due = now == State::Open && breaker.state() == State::HalfOpen;
    assert!(due || now == breaker.state(), "{now} in the end");
    assert!(told.len() > 1000, "{}", told.len());
    assert_eq!(breaker.history(), told[told.len() - 100..]);
}
