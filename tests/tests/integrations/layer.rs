//! The layer around a service does what the breaker's own `call` does.

use cb_runtime::{Event, Mode, Registry, integrations::tower::CircuitBreakerLayer};
use tokio::time::advance;
use tower::{Layer, service_fn};

use super::*;

async fn answer(wanted: Wanted) -> Wanted {
    wanted
}

#[tokio::test(start_paused = true)]
async fn failures_open_and_a_probe_closes() {
    let breaker = breaker();
    let layer = CircuitBreakerLayer::new(breaker.clone()).errors_only();
    let mut service = layer.layer(service_fn(answer));

    assert_eq!(call(&mut service, Ok(7)).await, Ok(7));
    open(&mut service, &breaker).await;
    let error = rejection(call(&mut service, Ok(7)).await);
    assert!(matches!(error, CircuitError::Open { .. }));
    assert_eq!((error.name(), error.retry_after()), ("orders", Some(RECOVERY)));

    advance(RECOVERY).await;
    assert_eq!(call(&mut service, Ok(8)).await, Ok(8));
    assert_eq!(breaker.state(), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_failure_reaches_the_caller_and_the_snapshot() {
    let breaker = breaker();
    let layer = CircuitBreakerLayer::new(breaker.clone()).errors_only();
    let mut service = layer.layer(service_fn(answer));

    assert_eq!(call(&mut service, Err("refused")).await, Err(CallError::Failed("refused")));
    assert_eq!(breaker.snapshot().last_error.as_deref(), Some("refused"));
}

/// What a breaker has counted and told after a script of calls.
async fn script<S>(breaker: CircuitBreaker, mut service: S) -> (String, Vec<String>)
where
    S: Service<Wanted, Response = u32, Error = CallError<&'static str>>,
{
    for wanted in [Ok(1), Err("a"), Ok(2), Err("b"), Err("c"), Err("d"), Ok(3), Ok(4)] {
        let _ = call(&mut service, wanted).await;
    }
    advance(RECOVERY).await;
    for wanted in [Err("e"), Ok(5)] {
        let _ = call(&mut service, wanted).await;
    }
    advance(RECOVERY).await;
    assert_eq!(call(&mut service, Ok(6)).await, Ok(6));
    let kind = |event: &Event| format!("{event:?}").split(" at:").next().map(str::to_owned);
    let events = breaker.history().iter().filter_map(kind).collect();
    (format!("{:?}", breaker.snapshot().totals), events)
}

#[tokio::test(start_paused = true)]
async fn totals_and_events_are_those_of_a_call_by_hand() {
    let by_hand = breaker();
    let called = by_hand.clone();
    let expected = script(
        by_hand,
        service_fn(move |wanted| {
            let breaker = called.clone();
            async move { breaker.call(|| answer(wanted)).await }
        }),
    )
    .await;

    let layered = breaker();
    let layer = CircuitBreakerLayer::new(layered.clone()).errors_only();
    assert_eq!(script(layered, layer.layer(service_fn(answer))).await, expected);
    assert!(!expected.1.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_rejection_is_told_to_who_listens_to_calls() {
    let registry = Registry::new();
    let config = settings().build().unwrap();
    let layer = CircuitBreakerLayer::named("orders", config).unwrap().in_registry(&registry);
    let mut service = layer.errors_only().layer(service_fn(answer));
    open(&mut service, &registry.get("orders").unwrap()).await;
    let mut calls = registry.subscribe().with_calls();

    rejection(call(&mut service, Ok(1)).await);

    let event = calls.recv().await.unwrap();
    assert!(matches!(&event, Event::CallRejected { name, .. } if &**name == "orders"), "{event:?}");
}

#[tokio::test(start_paused = true)]
async fn clones_and_services_of_one_layer_share_the_breaker() {
    let breaker = breaker();
    let layer = CircuitBreakerLayer::new(breaker.clone()).errors_only();
    let mut one = layer.layer(service_fn(answer));
    let (mut two, mut three) = (one.clone(), layer.clone().layer(service_fn(answer)));

    for service in [&mut one, &mut two, &mut three] {
        assert!(call(service, Err("refused")).await.is_err());
    }

    for service in [&mut one, &mut two, &mut three] {
        rejection(call(service, Ok(1)).await);
    }
    assert_eq!(breaker.snapshot().totals.rejected, 3);
}

#[tokio::test(start_paused = true)]
async fn a_named_breaker_is_the_registrys() {
    let registry = Registry::new();
    let there = registry.get_or_register("orders", settings().build().unwrap()).unwrap();
    let layer = CircuitBreakerLayer::named("orders", Config::default()).unwrap();
    let layer = layer.in_registry(&registry).errors_only();
    let mut service = layer.layer(service_fn(answer));

    open(&mut service, &there).await;

    assert_eq!(registry.iter().count(), 1);
    assert_eq!(there.config().failure_threshold(), 3, "its settings stay");
}

#[tokio::test(start_paused = true)]
async fn a_breaker_that_was_removed_is_registered_anew() {
    let registry = Registry::new();
    let config = settings().build().unwrap();
    let layer = CircuitBreakerLayer::named("orders", config).unwrap().in_registry(&registry);
    let mut service = layer.errors_only().layer(service_fn(answer));
    open(&mut service, &registry.get("orders").unwrap()).await;

    registry.remove("orders").unwrap();

    assert_eq!(call(&mut service, Ok(1)).await, Ok(1));
    assert_eq!(registry.get("orders").unwrap().snapshot().totals.calls, 1);
}

#[test]
fn a_name_that_no_registry_takes_is_refused_at_once() {
    let refused = CircuitBreakerLayer::named("two words", Config::default());
    assert_eq!(
        refused.unwrap_err().to_string(),
        "a circuit breaker's name is made of letters, digits and `_ - . : /`, but \"two words\" has ' '"
    );
}

#[tokio::test(start_paused = true)]
async fn modes_of_operators_are_obeyed() {
    let breaker = breaker();
    let layer = CircuitBreakerLayer::new(breaker.clone()).errors_only();
    let mut service = layer.layer(service_fn(answer));

    breaker.force_open();
    let error = rejection(call(&mut service, Ok(1)).await);
    assert!(matches!(error, CircuitError::ForcedOpen { .. }), "{error}");

    breaker.disable();
    for _ in 0..10 {
        assert!(call(&mut service, Err("refused")).await.is_err());
    }
    assert_eq!(breaker.snapshot().totals.calls, 0);
    breaker.resume();
    assert_eq!((breaker.mode(), breaker.state()), (Mode::Normal, State::Closed));
}
