//! Those who listen to a registry's events: late, slow, or waiting.

use cb_runtime::{Event, Missed, Registry};

use super::{
    events::{heard, line, lines, registered, waiting},
    *,
};

#[tokio::test(start_paused = true)]
async fn given_two_listeners_when_one_comes_later_then_each_hears_all_from_its_coming_on() {
    let registry = Registry::new();
    let mut first = registry.subscribe();
    let orders = registered(&registry, "orders", settings());
    orders.reset();
    let mut second = registry.subscribe();
    let prices = registered(&registry, "prices", settings());

    orders.force_open();
    prices.reset();

    let names = |events: &[Event]| -> Vec<String> {
        events.iter().map(|event| event.name().to_owned()).collect()
    };
    assert_eq!(names(&waiting(&mut first)), ["orders", "orders", "orders", "prices"]);
    assert_eq!(names(&waiting(&mut second)), ["orders", "orders", "prices"]);
    let lonely = CircuitBreaker::new("lonely", Config::default());
    lonely.reset();
    assert_eq!((first.try_recv(), lines(&lonely.history())), (Ok(None), vec!["reset".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn given_a_listener_that_waits_when_something_happens_then_it_is_woken() {
    let (breaker, mut events) = heard(settings());
    let listener = tokio::spawn(async move { events.recv().await });
    tokio::task::yield_now().await;

    breaker.reset();

    assert!(matches!(listener.await.unwrap(), Ok(Event::Reset { .. })));
}

#[tokio::test(start_paused = true)]
async fn given_a_listener_that_gives_up_waiting_when_something_happens_then_it_loses_nothing() {
    let (breaker, mut events) = heard(settings());
    for _ in 0..3 {
        let mut next = Box::pin(events.recv());
        assert_eq!(poll_once(next.as_mut()), Poll::Pending);
        breaker.reset();
        drop(next);
        assert_eq!(lines(&waiting(&mut events)), ["reset"]);
    }
}

#[tokio::test(start_paused = true)]
async fn given_ten_thousand_forced_changes_when_they_are_listened_to_then_all_come_in_order() {
    let (breaker, mut events) = heard(settings());
    let listener = tokio::spawn(async move {
        let mut told = Vec::new();
        while told.len() < 25_000 {
            told.push(events.recv().await.unwrap());
        }
        told
    });

    for _ in 0..5000 {
        breaker.force_open();
        breaker.reset();
        tokio::task::yield_now().await;
    }

    let told = tokio::time::timeout(SECOND, listener).await.unwrap().unwrap();
    let round = [
        "normal to forced open",
        "closed to open: forced by hand",
        "reset",
        "forced open to normal",
        "open to closed: reset",
    ];
    for (number, event) in told.iter().enumerate() {
        assert_eq!(line(event), round[number % 5], "event {number}");
    }
    assert_eq!(
        told.iter().filter(|event| matches!(event, Event::Transition { .. })).count(),
        10_000
    );
}

#[tokio::test(start_paused = true)]
async fn given_a_listener_that_is_slow_when_too_much_waits_then_it_is_told_what_it_missed() {
    let (breaker, mut slow) = heard(settings());
    for _ in 0..16_384 + 100 {
        breaker.reset();
    }

    for _ in 0..16_384 {
        assert!(matches!(slow.recv().await, Ok(Event::Reset { .. })));
    }
    let missed = slow.recv().await.unwrap_err();
    assert_eq!(missed.count, 100);
    assert_eq!(missed.to_string(), "100 events were missed, because too many were waiting");
    assert_eq!(slow.try_recv(), Ok(None));

    breaker.force_open();
    assert_eq!(line(&slow.recv().await.unwrap()), "normal to forced open");
    assert_eq!(line(&slow.recv().await.unwrap()), "closed to open: forced by hand");
}

#[tokio::test(start_paused = true)]
async fn given_a_listener_that_missed_some_when_it_goes_on_then_the_gap_is_where_it_was() {
    let (breaker, mut slow) = heard(settings());
    for _ in 0..16_384 + 3 {
        breaker.reset();
    }
    slow.recv().await.unwrap();
    breaker.force_open();

    let rest: Vec<Result<Event, Missed>> =
        std::iter::from_fn(|| slow.try_recv().transpose()).collect();

    assert_eq!(rest.len(), 16_383 + 3);
    assert!(rest[..16_383].iter().all(|next| matches!(next, Ok(Event::Reset { .. }))));
    assert!(matches!(rest[16_383], Err(Missed { count: 3, .. })));
    assert!(matches!(rest[16_384], Ok(Event::ModeChanged { .. })));
    assert!(matches!(rest[16_385], Err(Missed { count: 1, .. })), "no place for the transition");
}
