//! What instances agree on, and when, on a paused clock.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use cb_runtime::{
    AlertKind, CallError, CircuitBreaker, CircuitError, Config, ConfigBuilder, Event, Exchange,
    HealthCheck, HealthFuture, Mode, OpenOn, OpenReason, Registry, SharedError, SharedHandle,
    SharedOptions, SharedState, SharedStateError, State, TransitionReason,
};
use tokio::time::{advance, sleep};

const RECOVERY: Duration = Duration::from_secs(30);
/// In which instances hear of each other, and nothing else happens.
const SOON: Duration = Duration::from_millis(1);

fn settings() -> ConfigBuilder {
    Config::builder().failure_threshold(2).recovery_timeout(RECOVERY)
}

struct Instance {
    registry: Registry,
    breaker: CircuitBreaker,
    handle: SharedHandle,
}

fn options() -> SharedOptions {
    SharedOptions::new()
}

impl Instance {
    fn new(exchange: &Exchange, options: SharedOptions, settings: ConfigBuilder) -> Self {
        let registry = Registry::new();
        let handle = registry.share(SharedState::in_memory(exchange, options).unwrap()).unwrap();
        let breaker = registry.get_or_register("db", settings.build().unwrap()).unwrap();
        Self { registry, breaker, handle }
    }

    async fn call(&self, ok: bool) -> Result<(), CallError<&'static str>> {
        let answer = if ok { Ok(()) } else { Err("down") };
        self.breaker.call(|| async { answer }).await
    }

    async fn trip(&self) {
        for _ in 0..self.breaker.config().failure_threshold() {
            let _ = self.call(false).await;
        }
        assert_eq!(self.breaker.state(), State::Open);
    }

    fn state(&self) -> State {
        self.breaker.state()
    }

    fn transitions(&self) -> Vec<(State, State)> {
        let changes = self.breaker.history().into_iter().filter_map(|event| match event {
            Event::Transition { from, to, .. } => Some((from, to)),
            _ => None,
        });
        changes.collect()
    }
}

async fn instances<const N: usize>(
    options: fn() -> SharedOptions,
    settings: ConfigBuilder,
) -> (Exchange, [Instance; N]) {
    let exchange = Exchange::new();
    let all = [(); N].map(|()| Instance::new(&exchange, options(), settings));
    sleep(SOON).await;
    (exchange, all)
}

#[tokio::test(start_paused = true)]
async fn given_two_instances_when_one_opens_then_the_other_is_open_as_long_and_says_why() {
    let (_exchange, [one, other]) = instances(options, settings()).await;
    let mut events = other.registry.subscribe();

    one.trip().await;
    sleep(SOON).await;

    assert_eq!(other.state(), State::Open);
    let rejected = other.call(true).await.unwrap_err();
    let CallError::Rejected(CircuitError::Open { opening, .. }) = rejected else { panic!() };
    assert_eq!(opening.reason(), OpenReason::Elsewhere);
    assert!(opening.remaining() <= RECOVERY && opening.remaining() + 5 * SOON > RECOVERY);
    let event = events.recv().await.unwrap();
    let Event::Transition { reason, .. } = event else { panic!("{event:?}") };
    assert_eq!(reason, TransitionReason::Opened { reason: OpenReason::Elsewhere });
    assert_eq!(reason.to_string(), "another instance opened it");
    assert_eq!(other.breaker.snapshot().openings, 1);
}

#[tokio::test(start_paused = true)]
async fn given_all_open_when_a_probe_of_one_succeeds_then_all_are_closed() {
    let (_exchange, [one, other]) = instances(options, settings()).await;
    one.trip().await;
    sleep(RECOVERY).await;
    assert_eq!((one.state(), other.state()), (State::HalfOpen, State::HalfOpen));

    other.call(true).await.unwrap();
    sleep(SOON).await;

    assert_eq!((one.state(), other.state()), (State::Closed, State::Closed));
    let closed = one.breaker.history().pop().unwrap();
    let Event::Transition { reason, .. } = closed else { panic!() };
    assert_eq!(reason, TransitionReason::ClosedElsewhere);
}

#[tokio::test(start_paused = true)]
async fn given_all_half_open_when_a_probe_of_one_fails_then_all_are_open_again() {
    let (_exchange, [one, other]) = instances(options, settings()).await;
    one.trip().await;
    sleep(RECOVERY).await;

    other.call(false).await.unwrap_err();
    sleep(SOON).await;

    assert_eq!((one.state(), other.state()), (State::Open, State::Open));
    sleep(RECOVERY.saturating_sub(5 * SOON)).await;
    assert_eq!((one.state(), other.state()), (State::Open, State::Open));
}

#[tokio::test(start_paused = true)]
async fn given_successes_of_several_instances_when_they_are_enough_together_then_all_are_closed() {
    let (_exchange, [one, other]) = instances(options, settings().success_threshold(2)).await;
    one.trip().await;
    sleep(RECOVERY).await;

    one.call(true).await.unwrap();
    sleep(SOON).await;
    assert_eq!((one.state(), other.state()), (State::HalfOpen, State::HalfOpen));
    other.call(true).await.unwrap();
    sleep(SOON).await;

    assert_eq!((one.state(), other.state()), (State::Closed, State::Closed));
}

#[tokio::test(start_paused = true)]
async fn given_one_probe_for_all_when_one_instance_has_it_then_the_others_are_turned_away() {
    let (_exchange, [one, other]) = instances(options, settings()).await;
    one.trip().await;
    sleep(RECOVERY).await;

    let probe = one.breaker.call(|| async {
        sleep(Duration::from_secs(1)).await;
        Ok::<(), ()>(())
    });
    let refused = async {
        sleep(SOON).await;
        let refused = other.call(true).await.unwrap_err();
        assert!(matches!(refused, CallError::Rejected(CircuitError::HalfOpen { .. })), "{refused}");
        assert!(other.breaker.try_acquire().is_err());
    };
    let (answer, ()) = tokio::join!(probe, refused);

    answer.unwrap();
    assert_eq!(other.breaker.snapshot().totals.rejected, 2);
    assert_eq!(other.breaker.snapshot().totals.calls, 0);
}

#[tokio::test(start_paused = true)]
async fn given_a_probe_that_is_dropped_when_it_was_the_only_one_then_another_instance_gets_it() {
    let (_exchange, [one, other]) = instances(options, settings()).await;
    one.trip().await;
    sleep(RECOVERY).await;

    let never = one.breaker.call(std::future::pending::<Result<(), ()>>);
    assert!(tokio::time::timeout(SOON, never).await.is_err());
    sleep(Duration::from_millis(50)).await;

    other.call(true).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn given_a_lease_whose_holder_is_gone_when_its_time_is_over_then_it_is_anothers() {
    let options = || options().lease_time(Duration::from_secs(5));
    let (_exchange, [one, other]) = instances(options, settings()).await;
    one.trip().await;
    sleep(RECOVERY).await;
    // Neither given back nor ended: as of an instance that was killed.
    std::mem::forget(one.breaker.try_acquire());
    sleep(SOON).await;
    assert!(other.call(true).await.is_err());

    sleep(Duration::from_secs(4)).await;
    assert!(other.call(true).await.is_err());
    sleep(Duration::from_secs(1)).await;
    other.call(true).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn given_a_quorum_when_one_instance_alone_fails_then_the_others_stay_closed() {
    let options = || options().open_on(OpenOn::Quorum(2));
    let (_exchange, [bad, one, two]) = instances(options, settings()).await;

    for _ in 0..20 {
        bad.trip().await;
        sleep(RECOVERY).await;
        assert_eq!((one.state(), two.state()), (State::Closed, State::Closed));
    }

    one.trip().await;
    sleep(SOON).await;
    assert_eq!(two.state(), State::Open, "two of three find it down");
}

#[tokio::test(start_paused = true)]
async fn given_a_quorum_when_all_are_half_open_then_one_alone_does_not_reopen_them() {
    let options = || options().open_on(OpenOn::Quorum(2));
    let (_exchange, [bad, one, two]) = instances(options, settings()).await;
    bad.trip().await;
    one.trip().await;
    sleep(RECOVERY).await;

    bad.call(false).await.unwrap_err();
    sleep(SOON).await;
    assert_eq!((one.state(), two.state()), (State::HalfOpen, State::HalfOpen));
    two.call(true).await.unwrap();
    sleep(SOON).await;

    assert_eq!((one.state(), two.state()), (State::Closed, State::Closed));
}

#[tokio::test(start_paused = true)]
async fn given_a_share_when_half_of_the_living_find_it_down_then_all_open() {
    let options = || options().open_on(OpenOn::parse("50%").unwrap());
    let (_exchange, all) = instances::<4>(options, settings()).await;
    sleep(Duration::from_secs(7)).await;
    assert_eq!(all[0].handle.status().instances, 4);

    all[0].trip().await;
    sleep(SOON).await;
    assert_eq!(all[3].state(), State::Closed);
    all[1].trip().await;
    sleep(SOON).await;
    assert_eq!(all[3].state(), State::Open);
}

#[tokio::test(start_paused = true)]
async fn given_an_instance_that_comes_later_when_its_breaker_is_made_then_it_is_as_the_others_are()
{
    let (exchange, [one]) = instances(options, settings()).await;
    one.trip().await;
    sleep(SOON).await;

    let registry = Registry::new();
    registry.share(SharedState::in_memory(&exchange, options()).unwrap()).unwrap();
    sleep(SOON).await;
    let breaker = registry.get_or_register("db", settings().build().unwrap()).unwrap();

    assert_eq!(breaker.state(), State::Open);
}

#[tokio::test(start_paused = true)]
async fn given_the_store_away_when_an_instance_opens_then_it_is_told_on_return() {
    let (exchange, [one, other]) = instances(options, settings()).await;
    let mut events = one.registry.subscribe();
    exchange.set_away(true);
    sleep(Duration::from_secs(10)).await;
    let Event::StoreDegraded { name, why, .. } = events.recv().await.unwrap() else { panic!() };
    assert_eq!((name.as_str(), why.as_str()), ("memory", "the connection was cut"));
    let away = |instance: &Instance| {
        let alerts = instance.registry.alerts();
        alerts.into_iter().filter(|alert| alert.kind == AlertKind::StoreAway).count()
    };
    assert_eq!(away(&one), 1);
    assert!(!one.handle.status().connected);

    one.trip().await;
    sleep(Duration::from_secs(5)).await;
    assert_eq!(other.state(), State::Closed);
    let Event::Transition { .. } = events.recv().await.unwrap() else { panic!("told once") };

    exchange.set_away(false);
    sleep(Duration::from_secs(5)).await;
    assert_eq!(other.state(), State::Open, "within five seconds");
    let Event::StoreRestored { .. } = events.recv().await.unwrap() else { panic!() };
    assert_eq!(away(&one), 0);
    assert_eq!(other.registry.health().store_connected, Some(true));
}

#[tokio::test(start_paused = true)]
async fn given_the_store_away_when_a_probe_is_due_then_nobody_waits() {
    let (exchange, [one, other]) = instances(options, settings()).await;
    one.trip().await;
    sleep(SOON).await;
    exchange.set_away(true);
    sleep(RECOVERY).await;

    let before = tokio::time::Instant::now();
    other.call(true).await.unwrap();
    assert_eq!(before.elapsed(), Duration::ZERO);
    assert_eq!((one.state(), other.state()), (State::HalfOpen, State::Closed));

    exchange.set_away(false);
    sleep(Duration::from_secs(5)).await;
    assert_eq!(one.state(), State::Closed, "what one has found out, the other hears");
}

#[tokio::test(start_paused = true)]
async fn given_a_store_that_has_forgotten_all_when_it_is_back_then_it_is_told_again() {
    let (exchange, [one, other]) =
        instances(options, settings().recovery_timeout(Duration::from_secs(3_600))).await;
    one.trip().await;
    sleep(SOON).await;

    exchange.forget();
    sleep(Duration::from_secs(7)).await;
    assert_eq!((one.state(), other.state()), (State::Open, State::Open), "nothing closes them");
    let late = Instance::new(&exchange, options(), settings());
    sleep(SOON).await;
    assert_eq!(late.state(), State::Open);

    sleep(Duration::from_secs(3_600)).await;
    late.call(true).await.unwrap();
    sleep(SOON).await;
    assert_eq!((one.state(), other.state()), (State::Closed, State::Closed));
}

#[tokio::test(start_paused = true)]
async fn given_a_closing_that_is_older_than_an_opening_here_when_it_is_heard_then_nothing_closes() {
    let (exchange, [one, other]) = instances(options, settings()).await;
    one.trip().await;
    sleep(RECOVERY).await;
    // `one` is cut off; the store forgets nothing, and the others close.
    other.call(true).await.unwrap();
    sleep(SOON).await;
    assert_eq!(one.state(), State::Closed);
    exchange.set_away(true);
    sleep(Duration::from_secs(7)).await;
    one.trip().await;

    exchange.set_away(false);
    sleep(Duration::from_secs(5)).await;

    assert_eq!((one.state(), other.state()), (State::Open, State::Open), "it is the later word");
}

#[tokio::test(start_paused = true)]
async fn given_a_local_reset_when_all_others_are_open_then_it_stays_closed_until_they_change() {
    let (_exchange, [one, other]) = instances(options, settings()).await;
    one.trip().await;
    sleep(SOON).await;

    other.breaker.reset();
    sleep(Duration::from_secs(10)).await;

    assert_eq!((one.state(), other.state()), (State::Open, State::Closed));
}

#[tokio::test(start_paused = true)]
async fn given_a_reset_for_all_when_they_are_open_then_all_are_closed() {
    let (_exchange, [one, other]) = instances(options, settings()).await;
    one.trip().await;
    sleep(SOON).await;

    other.handle.reset("db", Duration::from_secs(60)).await.unwrap();
    sleep(SOON).await;

    assert_eq!((one.state(), other.state()), (State::Closed, State::Closed));
}

#[tokio::test(start_paused = true)]
async fn given_a_mode_for_all_when_its_time_is_over_then_it_ends_everywhere() {
    let (exchange, [one, other]) = instances(options, settings()).await;

    one.handle.set_mode("db", Mode::ForcedOpen, Duration::from_secs(60)).await.unwrap();
    sleep(SOON).await;
    assert_eq!((one.breaker.mode(), other.breaker.mode()), (Mode::ForcedOpen, Mode::ForcedOpen));
    let late = Instance::new(&exchange, options(), settings());
    sleep(SOON).await;
    assert_eq!(late.breaker.mode(), Mode::ForcedOpen);

    sleep(Duration::from_secs(61)).await;
    for instance in [&one, &other, &late] {
        assert_eq!(instance.breaker.mode(), Mode::Normal);
        instance.call(true).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn given_the_store_away_when_an_operator_speaks_to_all_then_he_hears_that_it_is() {
    let (exchange, [one]) = instances(options, settings()).await;
    exchange.set_away(true);
    sleep(Duration::from_secs(7)).await;

    let said = one.handle.reset("db", RECOVERY).await.unwrap_err();
    assert_eq!(said, SharedError::Away("it was set to be away".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn given_an_instance_that_has_left_when_others_open_then_it_does_not() {
    let (exchange, [one, other]) = instances(options, settings()).await;
    let again = SharedState::in_memory(&exchange, options()).unwrap();
    let refused = other.registry.share(again).unwrap_err();
    assert!(matches!(refused, SharedStateError::Shared), "{refused}");

    other.handle.clone().leave().await;
    one.trip().await;
    sleep(Duration::from_secs(10)).await;

    assert_eq!(other.state(), State::Closed);
    assert_eq!(other.registry.health().store_connected, None);
    assert_eq!(other.handle.reset("db", RECOVERY).await, Err(SharedError::Left));
    other.registry.share(SharedState::in_memory(&exchange, options()).unwrap()).unwrap();
    sleep(SOON).await;
    assert_eq!(other.state(), State::Open);
}

#[tokio::test(start_paused = true)]
async fn given_a_dry_run_when_others_open_then_it_goes_on() {
    let (_exchange, [one, other]) = instances(options, settings()).await;
    other.breaker.metrics_only();

    one.trip().await;
    sleep(SOON).await;

    assert_eq!(other.state(), State::Closed);
    assert_eq!(other.transitions(), []);
    for _ in 0..2 {
        other.call(false).await.unwrap_err();
    }
    advance(RECOVERY).await;
    assert_eq!(one.breaker.snapshot().openings, 1);
}

#[tokio::test(start_paused = true)]
async fn given_settings_for_all_when_their_time_is_over_then_those_before_are_in_force() {
    let (_exchange, [one, other]) = instances(options, settings()).await;
    let minute = Duration::from_secs(60);
    let refused = one.handle.configure("db", r#"{"failure_threshold": 0}"#, minute).await;
    assert!(refused.unwrap_err().to_string().contains("must be at least 1"));

    let changed = r#"{"failure_threshold": 9, "recovery_timeout": "5s"}"#;
    one.handle.configure("db", changed, minute).await.unwrap();
    sleep(SOON).await;
    for instance in [&one, &other] {
        let config = instance.breaker.config();
        assert_eq!((config.failure_threshold(), config.recovery_timeout().as_secs()), (9, 5));
    }
    other.breaker.reconfigure(|settings| settings.failure_threshold(4)).unwrap();

    sleep(minute).await;
    let config = one.breaker.config();
    assert_eq!((config.failure_threshold(), config.recovery_timeout()), (2, RECOVERY));
    let config = other.breaker.config();
    assert_eq!((config.failure_threshold(), config.recovery_timeout()), (4, RECOVERY), "by hand");
}

#[tokio::test(start_paused = true)]
async fn given_health_checks_of_several_instances_when_they_are_due_then_one_is_made_at_a_time() {
    static UNDER_WAY: AtomicUsize = AtomicUsize::new(0);
    static MADE: AtomicUsize = AtomicUsize::new(0);
    fn check() -> HealthFuture {
        Box::pin(checking())
    }
    async fn checking() -> Result<(), String> {
        assert_eq!(UNDER_WAY.fetch_add(1, Ordering::SeqCst), 0, "another is under way");
        sleep(Duration::from_secs(1)).await;
        UNDER_WAY.fetch_sub(1, Ordering::SeqCst);
        // Three in a row are needed, whoever makes them.
        MADE.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
    let checked = settings().health_check(HealthCheck::new("check", check)).success_threshold(3);
    let (_exchange, all) = instances::<3>(options, checked).await;

    all[0].trip().await;
    sleep(RECOVERY + Duration::from_secs(10)).await;

    for instance in &all {
        assert_eq!(instance.state(), State::Closed);
    }
    let made = MADE.load(Ordering::SeqCst);
    assert!((3..=5).contains(&made), "{made} checks");
}
