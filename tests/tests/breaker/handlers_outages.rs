//! Functions that are run when a breaker goes down and when it is up again.

use cb_runtime::{Event, Registry, Selector, TransitionReason, circuit_breaker, registry};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{events::registered, *};

/// What the handlers of one registry were run with: the breaker's name behind a `-` where it went
/// down, and behind a `+` where it is up again.
struct Outages(UnboundedReceiver<String>);

impl Outages {
    fn of(registry: &Registry, selector: impl Into<Selector>) -> Self {
        let selector = selector.into();
        let (to, heard) = unbounded_channel();
        registry.on_degraded(selector.clone(), hand_on('-', to.clone()));
        registry.on_recovered(selector, hand_on('+', to));
        Self(heard)
    }

    /// What is new.
    async fn heard(&mut self) -> Vec<String> {
        // Each handler is a task of its own, and hands on as much as there is when it is run.
        tokio::task::yield_now().await;
        std::iter::from_fn(|| self.0.try_recv().ok()).collect()
    }
}

fn hand_on(
    sign: char,
    to: UnboundedSender<String>,
) -> impl Fn(Event) -> std::future::Ready<()> + Send + 'static {
    move |event| {
        let Event::Transition { ref name, from, to: after, dry_run: false, .. } = event else {
            unreachable!("handlers are for changes of state that were made, not {event:?}")
        };
        assert_eq!(from == State::Closed, sign == '-');
        assert_eq!(after == State::Closed, sign == '+');
        let _ = to.send(format!("{sign}{name}"));
        std::future::ready(())
    }
}

const DOWN: &str = "-orders";
const UP: &str = "+orders";

#[tokio::test(start_paused = true)]
async fn given_an_outage_when_the_breaker_reopens_then_it_is_told_once_and_so_is_its_end() {
    let registry = Registry::new();
    let breaker = registered(&registry, "orders", settings().success_threshold(2));
    let mut outages = Outages::of(&registry, Selector::all());
    for _ in 0..2 {
        open(&breaker).await;
        assert_eq!(outages.heard().await, [DOWN]);

        for _ in 0..3 {
            advance(RECOVERY).await;
            assert_eq!(succeed(&breaker).await, Ok(()));
            assert_eq!(fail(&breaker).await, FAILED);
            assert_eq!(breaker.state(), State::Open);
        }
        assert!(outages.heard().await.is_empty());

        advance(RECOVERY).await;
        succeed(&breaker).await.unwrap();
        succeed(&breaker).await.unwrap();
        assert_eq!(outages.heard().await, [UP]);
    }
}

#[tokio::test(start_paused = true)]
async fn given_a_breaker_that_is_down_when_it_is_taken_out_then_its_end_is_told_when_it_is_closed()
{
    let registry = Registry::new();
    let breaker = registered(&registry, "orders", settings());
    let mut outages = Outages::of(&registry, Selector::all());
    open(&breaker).await;
    assert_eq!(outages.heard().await, [DOWN]);

    let taken_out = registry.remove("orders").unwrap();
    assert!(outages.heard().await.is_empty(), "nobody knows whether its service is up");

    taken_out.reset();
    assert_eq!(outages.heard().await, [UP]);
}

#[tokio::test(start_paused = true)]
async fn given_a_breaker_forced_open_when_that_ends_in_any_way_then_both_are_told() {
    let registry = Registry::new();
    let breaker = registered(&registry, "orders", settings());
    let mut outages = Outages::of(&registry, "orders");
    let ends: [fn(&CircuitBreaker); 4] = [
        CircuitBreaker::resume,
        CircuitBreaker::reset,
        CircuitBreaker::disable,
        CircuitBreaker::metrics_only,
    ];
    for end in ends {
        breaker.force_open();
        assert_eq!(outages.heard().await, [DOWN]);
        end(&breaker);
        assert_eq!(outages.heard().await, [UP]);
        breaker.resume();
        assert!(outages.heard().await.is_empty());
    }

    breaker.force_open_for(SECOND);
    advance(SECOND).await;
    assert_eq!(outages.heard().await, [DOWN], "who comes next ends it");
    succeed(&breaker).await.unwrap();
    assert_eq!(outages.heard().await, [UP]);
}

#[tokio::test(start_paused = true)]
async fn given_an_open_breaker_when_it_is_forced_open_too_then_that_is_the_same_outage() {
    let registry = Registry::new();
    let breaker = registered(&registry, "orders", settings());
    let mut outages = Outages::of(&registry, "orders");
    open(&breaker).await;
    assert_eq!(outages.heard().await, [DOWN]);

    breaker.force_open();
    breaker.resume();
    assert_eq!(breaker.state(), State::Open, "it goes on where it was");
    advance(RECOVERY).await;
    let probe = hang(&breaker);
    breaker.force_open();
    drop(probe);
    assert!(outages.heard().await.is_empty());

    breaker.reset();
    assert_eq!(outages.heard().await, [UP]);
    breaker.reset();
    assert!(outages.heard().await.is_empty(), "it was closed already");
}

#[tokio::test(start_paused = true)]
async fn given_a_breaker_that_is_disabled_while_open_when_it_is_reset_then_the_outage_is_over() {
    let registry = Registry::new();
    let breaker = registered(&registry, "orders", settings());
    let mut outages = Outages::of(&registry, "orders");
    open(&breaker).await;

    breaker.disable();
    succeed(&breaker).await.unwrap();
    assert_eq!(outages.heard().await, [DOWN], "calls pass, but the breaker has not closed");
    breaker.reset();
    assert_eq!(outages.heard().await, [UP]);
}

#[tokio::test(start_paused = true)]
async fn given_a_dry_run_when_the_breaker_would_have_opened_and_closed_then_neither_is_told() {
    let registry = Registry::new();
    let breaker = registered(&registry, "orders", settings());
    let mut outages = Outages::of(&registry, "orders");
    breaker.metrics_only();

    for _ in 0..3 {
        fail(&breaker).await.unwrap_err();
    }
    advance(RECOVERY).await;
    succeed(&breaker).await.unwrap();
    let dry_runs = breaker.history();
    let closed =
        |event: &Event| matches!(event, Event::Transition { to: State::Closed, dry_run: true, .. });
    assert!(dry_runs.iter().any(closed), "{dry_runs:?}");
    breaker.resume();

    assert!(outages.heard().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn given_a_breaker_that_was_open_when_the_handlers_came_then_its_recovery_is_told() {
    let registry = Registry::new();
    let breaker = registered(&registry, "orders", settings());
    open(&breaker).await;
    let mut outages = Outages::of(&registry, "orders");
    assert!(outages.heard().await.is_empty());

    advance(RECOVERY).await;
    succeed(&breaker).await.unwrap();

    assert_eq!(outages.heard().await, [UP]);
}

#[tokio::test(start_paused = true)]
async fn given_selectors_when_breakers_go_down_and_up_then_each_handler_hears_of_its_own() {
    let registry = Registry::new();
    let orders = registered(&registry, "orders", settings().service_type("database"));
    let cache = registered(&registry, "cache", settings().service_type("cache"));
    let mut all = Outages::of(&registry, Selector::all());
    let mut databases = Outages::of(&registry, Selector::service_type("database"));

    open(&orders).await;
    open(&cache).await;
    assert_eq!(all.heard().await, [DOWN, "-cache"]);
    assert_eq!(databases.heard().await, [DOWN]);
    cache.reset();
    orders.reset();

    assert_eq!(all.heard().await, ["+cache", UP]);
    assert_eq!(databases.heard().await, [UP]);
}

#[tokio::test(start_paused = true)]
async fn given_a_handler_when_the_breaker_goes_down_then_it_gets_what_happened() {
    let registry = Registry::new();
    let breaker = registered(&registry, "orders", settings());
    let (to, mut heard) = unbounded_channel();
    registry.on_degraded("orders", move |event| {
        to.send(event).unwrap();
        async {}
    });

    open(&breaker).await;

    let told = heard.recv().await.unwrap();
    assert_eq!(told, breaker.history()[0]);
    let Event::Transition { reason, .. } = told else { unreachable!("no change: {told:?}") };
    assert!(matches!(reason, TransitionReason::Opened { .. }));
}

#[tokio::test(start_paused = true)]
async fn given_handlers_that_share_a_breaker_when_it_reopens_then_each_is_told_once_of_each_outage()
{
    let registry = Registry::new();
    let breaker = registered(&registry, "orders", settings().service_type("warehouse"));
    let selectors = [
        Selector::all(),
        Selector::from("orders"),
        Selector::from("ord*"),
        Selector::service_type("warehouse"),
    ];
    let mut all = selectors.map(|selector| Outages::of(&registry, selector));
    for _ in 0..2 {
        open(&breaker).await;
        advance(RECOVERY).await;
        fail(&breaker).await.unwrap_err();
        for outages in &mut all {
            assert_eq!(outages.heard().await, [DOWN]);
        }

        advance(RECOVERY).await;
        succeed(&breaker).await.unwrap();
        for outages in &mut all {
            assert_eq!(outages.heard().await, [UP]);
        }
    }
}

#[circuit_breaker(
    name = "outages.tenants",
    failure_threshold = 1,
    recovery_timeout = "30s",
    service_type = "outages.tenants",
    key = tenant,
    max_keys = 2
)]
async fn ask(tenant: &str, down: bool) -> Result<(), Option<CircuitError>> {
    if down { Err(None) } else { Ok(()) }
}

#[tokio::test(start_paused = true)]
async fn given_keyed_breakers_when_they_go_down_and_up_then_each_key_has_outages_of_its_own() {
    const A: [&str; 2] = ["-outages.tenants[a]", "+outages.tenants[a]"];
    const B: [&str; 2] = ["-outages.tenants[b]", "+outages.tenants[b]"];
    let of = |selector: Selector| Outages::of(registry(), selector);
    let mut by_pattern = of("outages.tenants[*".into());
    let mut by_type = of(Selector::service_type("outages.tenants"));
    let mut of_a = of("outages.tenants[a]".into());
    let mut of_none = of("outages.tenants".into());

    ask("a", true).await.unwrap_err();
    ask("b", true).await.unwrap_err();
    advance(RECOVERY).await;
    // The probe fails.
    ask("a", true).await.unwrap_err();
    for outages in [&mut by_pattern, &mut by_type] {
        assert_eq!(outages.heard().await, [A[0], B[0]]);
    }
    assert_eq!(of_a.heard().await, [A[0]]);

    advance(RECOVERY).await;
    ask("b", false).await.unwrap();
    ask("a", false).await.unwrap();
    // Before a handler has run, one of them makes room for another.
    ask("c", false).await.unwrap();
    assert!(registry().get("outages.tenants[b]").is_none());
    for outages in [&mut by_pattern, &mut by_type] {
        assert_eq!(outages.heard().await, [B[1], A[1]]);
    }
    assert_eq!(of_a.heard().await, [A[1]]);
    assert!(of_none.heard().await.is_empty(), "no breaker bears the plain name");
}
