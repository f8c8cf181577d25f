//! Functions that are run when a breaker changes its state.

use std::{
    sync::mpsc,
    thread::{self, ThreadId},
};

use cb_runtime::{Event, Registry, Selector};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::{Instant, sleep, timeout},
};

use super::{events::registered, *};

const LONG: Duration = Duration::from_secs(3600);

/// The breaker's name and its new state.
type Heard = (String, State);

fn heard(event: &Event) -> Heard {
    match event {
        Event::Transition { name, to, .. } => (name.to_string(), *to),
        other => unreachable!("handlers are for changes of state, not {other:?}"),
    }
}

/// A handler that hands on what it hears.
fn hand_on(registry: &Registry, selector: impl Into<Selector>) -> UnboundedReceiver<Heard> {
    let (to, heard_of) = unbounded_channel();
    registry.on_transition(selector, move |event| {
        let _ = to.send(heard(&event));
        async {}
    });
    heard_of
}

/// The next thing that a handler hands on. The clock is paused, so the time is over at once when
/// nothing is to come.
async fn next<T>(heard: &mut UnboundedReceiver<T>) -> Option<T> {
    timeout(LONG, heard.recv()).await.ok().flatten()
}

async fn names(heard: &mut UnboundedReceiver<Heard>) -> Vec<String> {
    let mut names = Vec::new();
    while let Some((name, _)) = next(heard).await {
        names.push(name);
    }
    names
}

#[tokio::test(start_paused = true)]
async fn given_a_handler_when_a_breaker_changes_then_it_is_run_for_each_change_of_state() {
    let registry = Registry::new();
    let mut heard = hand_on(&registry, Selector::all());
    let breaker = registered(&registry, "orders", settings());

    open(&breaker).await;
    breaker.reconfigure(|c| c.failure_threshold(9)).unwrap();
    breaker.disable();
    breaker.resume();
    advance(RECOVERY).await;
    succeed(&breaker).await.unwrap();
    breaker.reset();

    for state in [State::Open, State::HalfOpen, State::Closed] {
        assert_eq!(next(&mut heard).await, Some(("orders".to_owned(), state)));
    }
    assert_eq!(next(&mut heard).await, None);
}

#[tokio::test(start_paused = true)]
async fn given_selectors_when_breakers_change_then_each_handler_is_run_for_its_own() {
    let registry = Registry::new();
    let mut all = hand_on(&registry, Selector::all());
    let mut one = hand_on(&registry, "web/orders");
    let mut of_web = hand_on(&registry, "web/*");
    let mut databases = hand_on(&registry, Selector::service_type("database"));
    let plain = settings();
    registered(&registry, "web/orders", plain).force_open();
    registered(&registry, "web/db", plain.service_type("database")).force_open();
    registered(&registry, "jobs/db", plain.service_type("database")).force_open();
    registered(&registry, "jobs/cache", plain.service_type("cache")).force_open();

    assert_eq!(names(&mut all).await, ["web/orders", "web/db", "jobs/db", "jobs/cache"]);
    assert_eq!(names(&mut one).await, ["web/orders"]);
    assert_eq!(names(&mut of_web).await, ["web/orders", "web/db"]);
    assert_eq!(names(&mut databases).await, ["web/db", "jobs/db"]);
}

#[tokio::test(start_paused = true)]
async fn given_a_handler_when_it_uses_the_breaker_itself_then_it_may_do_anything() {
    let registry = Registry::new();
    let breaker = registered(&registry, "orders", settings());
    let (to, mut heard_of) = unbounded_channel();
    let own = breaker.clone();
    registry.on_transition("orders", move |event| {
        let (own, to) = (own.clone(), to.clone());
        let heard = heard(&event);
        let before = own.snapshot().state;
        async move {
            if heard.1 == State::Open {
                own.reconfigure(|c| c.recovery_timeout(SECOND)).unwrap();
                own.reset();
            }
            let answer = succeed(&own).await;
            assert!(own.history().len() > 1);
            to.send((heard.1, before, answer, own.state())).unwrap();
        }
    });

    open(&breaker).await;

    let opened = next(&mut heard_of).await;
    assert_eq!(opened, Some((State::Open, State::Open, Ok(()), State::Closed)));
    let closed = next(&mut heard_of).await;
    assert_eq!(closed, Some((State::Closed, State::Closed, Ok(()), State::Closed)));
}

/// Hands on what it hears, and then panics: on making its future, or in it.
fn panicking(registry: &Registry, later: bool, to: UnboundedSender<Heard>) {
    registry.on_transition(Selector::all(), move |event| {
        to.send(heard(&event)).unwrap();
        if !later {
            panic_with(1).unwrap();
        }
        async move {
            tokio::task::yield_now().await;
            panic_with(2).unwrap();
        }
    });
}

#[tokio::test(start_paused = true)]
async fn given_a_handler_that_panics_when_more_happens_then_it_is_run_again() {
    for later in [false, true] {
        let registry = Registry::new();
        let breaker = registered(&registry, "orders", settings());
        let (to, mut heard_of) = unbounded_channel();
        panicking(&registry, later, to);
        let mut other = hand_on(&registry, Selector::all());

        open(&breaker).await;
        breaker.reset();
        assert_eq!(succeed(&breaker).await, Ok(()), "no call has harm of it");

        for heard in [&mut heard_of, &mut other] {
            for state in [State::Open, State::Closed] {
                assert_eq!(next(heard).await.map(|(_, to)| to), Some(state));
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn given_a_handler_that_sleeps_when_more_happens_then_no_call_waits_and_it_hears_all() {
    let registry = Registry::new();
    let breaker = registered(&registry, "orders", settings());
    let (to, mut heard_of) = unbounded_channel();
    registry.on_transition("orders", move |event| {
        let to = to.clone();
        async move {
            sleep(10 * SECOND).await;
            to.send((heard(&event).1, Instant::now())).unwrap();
        }
    });
    let start = Instant::now();

    for _ in 0..3 {
        open(&breaker).await;
        breaker.reset();
        assert_eq!(succeed(&breaker).await, Ok(()));
        tokio::task::yield_now().await;
    }
    assert_eq!(Instant::now(), start);

    for number in 1..=6 {
        let state = if number % 2 == 1 { State::Open } else { State::Closed };
        let at = start + number * 10 * SECOND;
        assert_eq!(next(&mut heard_of).await, Some((state, at)));
    }
}

#[tokio::test(start_paused = true)]
async fn given_a_handler_with_much_to_hear_when_its_thread_has_other_tasks_then_they_have_their_turn()
 {
    const CHANGES: usize = 4000;
    let registry = Registry::new();
    let breaker = registered(&registry, "orders", settings());
    let mut heard_of = hand_on(&registry, "orders");
    for _ in 0..CHANGES / 2 {
        breaker.force_open();
        breaker.reset();
    }

    // The handler's turn, and then this one's again, though the handler is never at a loss for events.
    tokio::task::yield_now().await;

    let in_one_go = heard_of.len();
    assert!((1..CHANGES / 4).contains(&in_one_go), "{in_one_go} events in one go");
    assert_eq!(names(&mut heard_of).await.len(), CHANGES);
}

#[tokio::test(start_paused = true)]
async fn given_a_handler_that_never_returns_when_more_happens_then_only_it_hears_no_more() {
    let registry = Registry::new();
    let breaker = registered(&registry, "orders", settings());
    let (to, mut heard_of) = unbounded_channel();
    registry.on_transition("orders", move |event| {
        to.send(heard(&event)).unwrap();
        pending::<()>()
    });
    let mut other = hand_on(&registry, "orders");

    // More than may wait for one.
    for _ in 0..10_000 {
        breaker.force_open();
        breaker.reset();
        tokio::task::yield_now().await;
    }
    assert_eq!(succeed(&breaker).await, Ok(()));

    assert_eq!(next(&mut heard_of).await, Some(("orders".to_owned(), State::Open)));
    assert_eq!(next(&mut heard_of).await, None);
    let mut changes = 0;
    while next(&mut other).await.is_some() {
        changes += 1;
    }
    assert_eq!(changes, 20_000);
}

/// What is sent from the handler's thread, or `None` once the handler is gone. Nobody waits so long
/// unless something is broken.
fn receive<T>(from: &mpsc::Receiver<T>) -> Option<T> {
    match from.recv_timeout(Duration::from_secs(60)) {
        Ok(sent) => Some(sent),
        Err(mpsc::RecvTimeoutError::Disconnected) => None,
        Err(mpsc::RecvTimeoutError::Timeout) => {
            unreachable!("the handler was to be run, or to end")
        }
    }
}

#[test]
fn given_no_runtime_when_a_handler_is_registered_then_it_runs_on_a_thread_of_its_own() {
    let registry = Registry::new();
    let (to, sent) = mpsc::channel::<(ThreadId, Heard)>();
    registry.on_transition(Selector::all(), move |event| {
        to.send((thread::current().id(), heard(&event))).unwrap();
        // On the clock of the computer, as nobody else has this thread's: that a handler can wait there.
        async { sleep(Duration::from_millis(1)).await }
    });
    let breaker = registered(&registry, "orders", settings());

    breaker.force_open();
    breaker.resume();

    let (thread, opened) = receive(&sent).unwrap();
    assert_eq!(opened, ("orders".to_owned(), State::Open));
    assert_ne!(thread, thread::current().id());
    assert_eq!(receive(&sent), Some((thread, ("orders".to_owned(), State::Closed))));
    drop((breaker, registry));
    assert_eq!(receive(&sent), None, "it ends with the registry");
}

#[test]
fn given_no_runtime_when_a_handler_panics_then_its_thread_goes_on() {
    let registry = Registry::new();
    let (to, sent) = mpsc::channel();
    registry.on_transition(Selector::all(), move |event| {
        to.send(heard(&event).1).unwrap();
        panic_with(3).unwrap();
        async {}
    });
    let breaker = registered(&registry, "orders", settings());

    breaker.force_open();
    breaker.resume();

    assert_eq!(receive(&sent), Some(State::Open));
    assert_eq!(receive(&sent), Some(State::Closed));
}

#[test]
fn given_a_handler_when_its_runtime_is_gone_then_calls_go_on() {
    let registry = Registry::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (to, sent) = mpsc::channel();
    runtime.block_on(async {
        registry.on_transition(Selector::all(), move |event| {
            to.send(heard(&event).1).unwrap();
            async {}
        });
    });
    drop(runtime);
    let breaker = registered(&registry, "orders", settings());

    breaker.force_open();
    breaker.reset();

    assert_eq!(receive(&sent), None);
    assert_eq!(breaker.call_blocking(|| Ok::<_, &str>(7)), Ok(7));
}
