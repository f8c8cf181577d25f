//! Checks that are run in the place of probes.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    future::ready,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use cb_runtime::{Backoff, HealthCheck, HealthFuture, OpenReason};
use tokio::{
    runtime::{Builder, Handle, Runtime},
    time::sleep,
};

use super::*;

/// What a check is to find.
#[derive(Clone, Copy)]
enum Find {
    Well,
    Ill,
    Panic,
    PanicLater,
    Hang,
}

thread_local! {
    // A test's runtime has one thread, so what its checks do is its own.
    static TO_FIND: RefCell<VecDeque<Find>> = const { RefCell::new(VecDeque::new()) };
    static CHECKS: Cell<u32> = const { Cell::new(0) };
}

/// Finds what was scripted, and then that the service is ill.
fn check() -> HealthFuture {
    CHECKS.set(CHECKS.get() + 1);
    match TO_FIND.with_borrow_mut(VecDeque::pop_front).unwrap_or(Find::Ill) {
        Find::Well => Box::pin(ready(Ok(()))),
        Find::Ill => Box::pin(ready(Err("no answer".to_owned()))),
        Find::Hang => Box::pin(pending()),
        Find::Panic => panic_with(1).map(|()| unreachable!()).unwrap(),
        Find::PanicLater => Box::pin(async {
            sleep(SECOND).await;
            panic_with(2).map_err(ToOwned::to_owned)
        }),
    }
}

fn script(findings: &[Find]) {
    TO_FIND.set(findings.iter().copied().collect());
    CHECKS.set(0);
}

fn checked() -> ConfigBuilder {
    settings().health_check(HealthCheck::new("check", check))
}

/// Lets the clock run for so long, and each task that is due.
async fn pass(time: Duration) {
    sleep(time).await;
    tokio::task::yield_now().await;
}

fn last_opening(breaker: &CircuitBreaker) -> Option<OpenReason> {
    breaker.snapshot().last_opening
}

#[tokio::test(start_paused = true)]
async fn given_a_health_check_when_the_open_time_ends_then_it_is_run_and_closes() {
    script(&[Find::Well]);
    let breaker = opened(checked()).await;

    pass(RECOVERY - Duration::from_millis(1)).await;
    assert_eq!((breaker.state(), CHECKS.get()), (State::Open, 0));
    pass(Duration::from_millis(2)).await;

    assert_eq!((breaker.state(), CHECKS.get()), (State::Closed, 1));
    assert_eq!(succeed(&breaker).await, Ok(()));
    pass(10 * RECOVERY).await;
    assert_eq!(CHECKS.get(), 1, "a closed breaker is not checked");
}

#[tokio::test(start_paused = true)]
async fn given_a_success_threshold_when_so_many_checks_succeed_then_it_closes() {
    script(&[Find::Well, Find::Well, Find::Ill, Find::Well, Find::Well, Find::Well]);
    let breaker = opened(checked().success_threshold(3)).await;

    pass(RECOVERY + SECOND).await;
    assert_eq!((breaker.state(), CHECKS.get()), (State::Open, 3), "the third one failed");
    pass(RECOVERY).await;

    assert_eq!((breaker.state(), CHECKS.get()), (State::Closed, 6));
}

#[tokio::test(start_paused = true)]
async fn given_a_health_check_when_users_call_meanwhile_then_all_are_rejected() {
    script(&[Find::Hang]);
    let breaker = opened(checked().half_open_max_calls(10)).await;

    // Before the task that checks has had its turn.
    advance(RECOVERY).await;
    for _ in 0..3 {
        let before = breaker.snapshot();
        assert_eq!(before.state, State::HalfOpen);
        assert!(matches!(rejection(&breaker).await, CircuitError::HalfOpen { .. }));
        assert!(breaker.try_acquire().is_err());
        pass(SECOND).await;
    }
    assert_eq!((breaker.state(), CHECKS.get()), (State::HalfOpen, 1));
}

#[tokio::test(start_paused = true)]
async fn given_a_service_that_stays_ill_when_it_is_checked_then_it_reopens_and_backoff_goes_on() {
    script(&[Find::Ill, Find::Ill, Find::Well]);
    let breaker = opened(checked().backoff(Backoff::new(2.0, Duration::MAX))).await;

    pass(RECOVERY + SECOND).await;
    assert_eq!((breaker.state(), CHECKS.get()), (State::Open, 1));
    assert_eq!(last_opening(&breaker), Some(OpenReason::HealthCheckFailed));
    assert_eq!(breaker.snapshot().last_error.as_deref(), Some("no answer"));
    assert_eq!(breaker.snapshot().remaining_open, Some(2 * RECOVERY - SECOND));
    pass(2 * RECOVERY).await;
    assert_eq!((breaker.state(), CHECKS.get()), (State::Open, 2));
    assert_eq!(breaker.snapshot().remaining_open, Some(4 * RECOVERY - SECOND));
    pass(4 * RECOVERY).await;

    assert_eq!((breaker.state(), CHECKS.get()), (State::Closed, 3));
    assert_eq!(breaker.snapshot().openings, 3);
    open(&breaker).await;
    assert_eq!(breaker.snapshot().remaining_open, Some(RECOVERY));
}

#[tokio::test(start_paused = true)]
async fn given_checks_when_they_are_made_then_they_are_in_no_totals() {
    script(&[Find::Ill, Find::PanicLater, Find::Well]);
    let breaker = opened(checked()).await;
    let before = breaker.snapshot();

    pass(4 * RECOVERY).await;

    let after = breaker.snapshot();
    assert_eq!((after.state, CHECKS.get()), (State::Closed, 3));
    assert_eq!((after.totals, after.last_success), (before.totals, before.last_success));
    assert_eq!((after.failure_rate, after.consecutive_failures), (None, 0));
}

#[tokio::test(start_paused = true)]
async fn given_an_open_breaker_when_it_is_reset_then_its_check_is_not_run() {
    script(&[]);
    let breaker = opened(checked()).await;
    advance(SECOND).await;

    breaker.reset();

    pass(10 * RECOVERY).await;
    assert_eq!((breaker.state(), CHECKS.get()), (State::Closed, 0));
}

#[tokio::test(start_paused = true)]
async fn given_a_check_under_way_when_the_breaker_is_reset_then_what_it_finds_is_late() {
    script(&[Find::PanicLater]);
    let breaker = opened(checked()).await;
    pass(RECOVERY + Duration::from_millis(10)).await;
    assert_eq!((breaker.state(), CHECKS.get()), (State::HalfOpen, 1));

    breaker.reset();
    pass(10 * RECOVERY).await;

    assert_eq!((breaker.state(), CHECKS.get()), (State::Closed, 1));
    assert_eq!(breaker.snapshot().openings, 1);
}

#[tokio::test(start_paused = true)]
async fn given_a_breaker_that_is_opened_and_reset_often_when_it_is_then_no_tasks_are_left() {
    script(&[]);
    let breaker = breaker(checked().recovery_timeout(Duration::MAX));

    for _ in 0..100 {
        open(&breaker).await;
        breaker.reset();
        tokio::task::yield_now().await;
    }

    assert_eq!(Handle::current().metrics().num_alive_tasks(), 0);
}

#[tokio::test(start_paused = true)]
async fn given_a_check_that_panics_when_it_is_run_then_that_is_a_failure() {
    for find in [Find::Panic, Find::PanicLater] {
        script(&[find, Find::Well]);
        let breaker = opened(checked()).await;

        pass(RECOVERY + 2 * SECOND).await;
        assert_eq!((breaker.state(), CHECKS.get()), (State::Open, 1));
        assert_eq!(last_opening(&breaker), Some(OpenReason::HealthCheckFailed));
        let error = breaker.snapshot().last_error;
        assert_eq!(error.as_deref(), Some("the health check panicked"));
        pass(RECOVERY).await;

        assert_eq!((breaker.state(), CHECKS.get()), (State::Closed, 2));
    }
}

#[tokio::test(start_paused = true)]
async fn given_a_check_that_hangs_when_probe_timeout_is_over_then_that_is_a_failure() {
    script(&[Find::Hang, Find::Well]);
    let breaker = opened(checked().probe_timeout(SECOND)).await;

    pass(RECOVERY + SECOND + Duration::from_millis(10)).await;

    assert_eq!((breaker.state(), CHECKS.get()), (State::Open, 1));
    assert_eq!(last_opening(&breaker), Some(OpenReason::HealthCheckFailed));
    let error = breaker.snapshot().last_error;
    assert_eq!(error.as_deref(), Some("the health check took too long"));
    pass(RECOVERY).await;
    assert_eq!((breaker.state(), CHECKS.get()), (State::Closed, 2));
}

#[tokio::test(start_paused = true)]
async fn given_an_operator_when_the_breaker_is_forced_open_then_checks_wait_until_it_is_resumed() {
    script(&[Find::Well]);
    let breaker = opened(checked()).await;

    breaker.force_open();
    pass(10 * RECOVERY).await;
    assert_eq!((breaker.state(), CHECKS.get()), (State::Open, 0));
    breaker.resume();
    pass(SECOND).await;

    assert_eq!((breaker.state(), CHECKS.get()), (State::Closed, 1));
}

#[tokio::test(start_paused = true)]
async fn given_a_mode_that_ends_by_itself_when_a_call_comes_next_then_the_probe_is_the_check_and_not_it()
 {
    for mode in [CircuitBreaker::force_open_for, CircuitBreaker::disable_for] {
        script(&[Find::Well]);
        let breaker = opened(checked()).await;
        mode(&breaker, 2 * RECOVERY);
        pass(2 * RECOVERY).await;

        assert!(matches!(rejection(&breaker).await, CircuitError::HalfOpen { .. }));
        pass(SECOND).await;

        assert_eq!((breaker.state(), CHECKS.get()), (State::Closed, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn given_metrics_only_when_it_would_be_open_then_nothing_is_checked() {
    script(&[]);
    let breaker = breaker(checked());
    breaker.metrics_only();
    for _ in 0..5 {
        fail(&breaker).await.unwrap_err();
    }

    pass(10 * RECOVERY).await;

    assert_eq!((succeed(&breaker).await, CHECKS.get()), (Ok(()), 0));
}

#[tokio::test(start_paused = true)]
async fn given_an_open_breaker_when_a_health_check_is_set_then_it_is_run_at_the_end_of_this_opening()
 {
    script(&[Find::Well]);
    let breaker = opened(settings()).await;
    advance(SECOND).await;

    breaker.reconfigure(|c| c.health_check(HealthCheck::new("check", check))).unwrap();

    pass(RECOVERY).await;
    assert_eq!((breaker.state(), CHECKS.get()), (State::Closed, 1));
}

#[tokio::test(start_paused = true)]
async fn given_a_users_probe_under_way_when_a_health_check_is_set_then_checks_come_after_it() {
    script(&[Find::Well]);
    let breaker = due(settings().success_threshold(2)).await;
    let probe = Flight::begin(&breaker);

    breaker.reconfigure(|c| c.health_check(HealthCheck::new("check", check))).unwrap();
    tokio::time::timeout(SECOND, pending::<()>()).await.unwrap_err();
    assert_eq!((breaker.state(), CHECKS.get()), (State::HalfOpen, 0));
    probe.succeed().await;
    pass(SECOND).await;

    assert_eq!((breaker.state(), CHECKS.get()), (State::Closed, 1));
}

#[tokio::test(start_paused = true)]
async fn given_a_breaker_that_is_gone_when_its_open_time_ends_then_nothing_is_checked() {
    script(&[]);
    drop(opened(checked()).await);

    pass(10 * RECOVERY).await;

    assert_eq!((CHECKS.get(), Handle::current().metrics().num_alive_tasks()), (0, 0));
}

#[test]
fn given_no_runtime_when_the_open_time_is_over_then_calls_are_the_probes() {
    script(&[]);
    let settings = checked().recovery_timeout(NANO).probe_timeout(Duration::MAX);
    let breaker = breaker(settings.failure_threshold(1));
    breaker.call_blocking(|| Err::<(), _>("refused")).unwrap_err();
    wait_until_due(&breaker);

    breaker.call_blocking(|| Err::<(), _>("refused")).unwrap_err();
    assert_eq!(last_opening(&breaker), Some(OpenReason::ProbeFailed));
    wait_until_due(&breaker);

    assert_eq!(breaker.call_blocking(|| Ok::<_, &str>(7)), Ok(7));
    assert_eq!((breaker.state(), CHECKS.get()), (State::Closed, 0));
}

/// An open time of a nanosecond; the clock of some systems ticks slower.
fn wait_until_due(breaker: &CircuitBreaker) {
    while breaker.state() == State::Open {
        std::thread::yield_now();
    }
}

fn paused_runtime() -> Runtime {
    Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

#[test]
fn given_a_check_that_waits_when_its_runtime_is_shut_down_then_calls_are_the_probes() {
    script(&[]);
    let runtime = paused_runtime();
    let settings = checked().recovery_timeout(NANO).probe_timeout(Duration::MAX);
    let breaker = runtime.block_on(async {
        let breaker = breaker(settings);
        for _ in 0..3 {
            fail(&breaker).await.unwrap_err();
        }
        breaker
    });

    drop(runtime);
    wait_until_due(&breaker);

    assert_eq!(breaker.call_blocking(|| Ok::<_, &str>(7)), Ok(7));
    assert_eq!((breaker.state(), CHECKS.get()), (State::Closed, 0));
}

#[test]
fn given_a_check_under_way_when_its_runtime_is_shut_down_then_its_permit_goes_to_a_call() {
    script(&[Find::Hang]);
    let runtime = paused_runtime();
    let settings = checked().recovery_timeout(NANO).probe_timeout(Duration::MAX);
    let breaker = runtime.block_on(async {
        let breaker = breaker(settings);
        for _ in 0..3 {
            fail(&breaker).await.unwrap_err();
        }
        pass(SECOND).await;
        assert_eq!((breaker.state(), CHECKS.get()), (State::HalfOpen, 1));
        assert!(breaker.try_acquire().is_err());
        breaker
    });

    drop(runtime);

    assert_eq!(breaker.call_blocking(|| Ok::<_, &str>(7)), Ok(7));
    assert_eq!((breaker.state(), CHECKS.get()), (State::Closed, 1));
}

#[tokio::test(start_paused = true)]
async fn given_a_check_that_holds_a_client_when_the_breaker_gets_it_later_then_it_is_asked() {
    let breaker = opened(settings()).await;
    let (well, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let (client, count) = (Arc::clone(&well), Arc::clone(&asked));
    let check = HealthCheck::from_fn("knock", move || {
        count.fetch_add(1, Ordering::Relaxed);
        let client = Arc::clone(&client);
        async move { if client.load(Ordering::Relaxed) { Ok(()) } else { Err("nobody is in") } }
    });
    breaker.reconfigure(|settings| settings.health_check(check)).unwrap();
    assert_eq!(breaker.config().health_check(), Some(check));

    pass(RECOVERY).await;
    assert_eq!((breaker.state(), asked.load(Ordering::Relaxed)), (State::Open, 1));
    assert_eq!(breaker.snapshot().last_error.as_deref(), Some("nobody is in"));
    well.store(true, Ordering::Relaxed);
    pass(RECOVERY).await;
    assert_eq!((breaker.state(), asked.load(Ordering::Relaxed)), (State::Closed, 2));
}
