//! The events of single calls, which are made while somebody asks for them.

use cb_runtime::{Event, FallbackResult, Registry, Rejection, Subscription, Window};

use serde_json::json;

use super::{
    events::{registered, waiting},
    *,
};

fn rejections(events: &mut Subscription) -> Vec<Rejection> {
    let rejection = |event| match event {
        Event::CallRejected { name, reason, .. } => {
            assert_eq!(&*name, "orders");
            Some(reason)
        }
        _ => None,
    };
    waiting(events).into_iter().filter_map(rejection).collect()
}

async fn fall_back(breaker: &CircuitBreaker) {
    let call = breaker.call_with_fallback(|| async { Err("refused") }, |_| async { Ok(()) });
    assert_eq!(call.await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn given_a_listener_to_calls_when_calls_are_rejected_then_it_hears_why() {
    let registry = Registry::new();
    let mut events = registry.subscribe().with_calls();
    let breaker = registered(&registry, "orders", settings());
    succeed(&breaker).await.unwrap();

    open(&breaker).await;
    rejection(&breaker).await;
    breaker.try_acquire().unwrap_err();
    assert_eq!(rejections(&mut events), [Rejection::Open; 2]);

    advance(RECOVERY).await;
    let probe = hang(&breaker);
    rejection(&breaker).await;
    drop(probe);
    assert_eq!(rejections(&mut events), [Rejection::HalfOpen]);

    breaker.force_open();
    breaker.call_blocking(|| Ok::<_, &str>(())).unwrap_err();
    assert_eq!(rejections(&mut events), [Rejection::ForcedOpen]);
    assert!(breaker.history().iter().all(|event| !matches!(event, Event::CallRejected { .. })));
}

#[tokio::test(start_paused = true)]
async fn given_a_listener_to_calls_when_calls_are_shed_then_it_hears_of_each() {
    let registry = Registry::new();
    let breaker = registered(&registry, "orders", settings().failure_threshold(u32::MAX).shed(1.5));
    let mut events = registry.subscribe().with_calls();

    for _ in 0..1000 {
        let _ = fail(&breaker).await;
    }

    let told = rejections(&mut events);
    assert!(told.iter().all(|reason| *reason == Rejection::Shed) && told.len() > 100);
    assert_eq!(told.len() as u64, breaker.snapshot().totals.rejected);
}

#[tokio::test(start_paused = true)]
async fn given_a_listener_to_calls_when_a_fallback_answers_then_it_hears_in_order() {
    let registry = Registry::new();
    let breaker = registered(&registry, "orders", settings().failure_threshold(1));
    let mut events = registry.subscribe().with_calls();

    fall_back(&breaker).await;
    fall_back(&breaker).await;

    let told = waiting(&mut events);
    assert!(matches!(
        told[..],
        [
            Event::Transition { .. },
            Event::FallbackUsed { result: FallbackResult::Success, .. },
            Event::CallRejected { .. },
            Event::FallbackUsed { result: FallbackResult::Success, .. }
        ]
    ));
}

#[tokio::test(start_paused = true)]
async fn given_a_listener_to_calls_when_a_fallback_fails_then_it_hears_so_once_it_has() {
    let registry = Registry::new();
    let breaker = registered(&registry, "orders", settings());
    let mut events = registry.subscribe().with_calls();
    let (answer, answered) = oneshot::channel();
    let fallback = |_| async { answered.await.unwrap_or(Ok(())) };
    let mut call = Box::pin(breaker.call_with_fallback(|| async { Err("refused") }, fallback));

    assert_eq!(poll_once(call.as_mut()), Poll::Pending);
    assert_eq!(waiting(&mut events), []);
    answer.send(Err("nothing stale")).unwrap();
    assert_eq!(call.await, Err("nothing stale"));

    let told = waiting(&mut events);
    assert!(matches!(told[..], [Event::FallbackUsed { result: FallbackResult::Failure, .. }]));
    let json = serde_json::to_value(&told[0]).unwrap();
    assert_eq!((&json["event"], &json["result"]), (&json!("fallback_used"), &json!("failure")));
}

#[tokio::test(start_paused = true)]
async fn given_one_listener_to_calls_when_it_is_gone_then_no_such_events_are_made() {
    let registry = Registry::new();
    let breaker = registered(&registry, "orders", settings());
    open(&breaker).await;
    let mut changes = registry.subscribe();
    rejection(&breaker).await;
    fall_back(&breaker).await;

    let mut calls = registry.subscribe().with_calls();
    rejection(&breaker).await;
    assert_eq!(rejections(&mut calls), [Rejection::Open]);
    assert_eq!(waiting(&mut changes), [], "that is for those who asked");
    drop(calls);
    rejection(&breaker).await;
    let mut later = registry.subscribe().with_calls();

    assert_eq!(waiting(&mut later), []);
    rejection(&breaker).await;
    assert_eq!(rejections(&mut later), [Rejection::Open], "one can ask again");
}

#[tokio::test(start_paused = true)]
async fn given_two_listeners_to_calls_when_one_is_gone_then_the_other_still_hears() {
    let registry = Registry::new();
    let breaker = registered(&registry, "orders", settings());
    open(&breaker).await;
    let one = registry.subscribe().with_calls();
    let mut other = registry.subscribe().with_calls().with_calls();

    drop(one);
    rejection(&breaker).await;

    assert_eq!(rejections(&mut other), [Rejection::Open]);
}

#[tokio::test(start_paused = true)]
async fn given_a_listener_to_calls_when_calls_pass_then_there_is_nothing_to_hear() {
    let registry = Registry::new();
    let settings = settings().window(Window::time(SECOND)).slow_call(SECOND);
    let breaker = registered(&registry, "orders", settings);
    let mut events = registry.subscribe().with_calls();

    succeed(&breaker).await.unwrap();
    fail(&breaker).await.unwrap_err();
    drop(hang(&breaker));
    breaker.metrics_only();
    waiting(&mut events);
    succeed(&breaker).await.unwrap();

    assert_eq!(waiting(&mut events), []);
}
