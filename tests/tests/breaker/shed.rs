//! Calls that a closed breaker turns away because many fail (`shed`).

use cb_runtime::{Mode, Window};

use super::*;

/// Never opens; sheds beyond twice the successes.
fn shedding() -> ConfigBuilder {
    settings().failure_threshold(u32::MAX).shed(2.0)
}

/// Makes so many calls, each as often as it takes to be admitted.
fn make(breaker: &CircuitBreaker, successes: u32, failures: u32) {
    for call in 0..successes + failures {
        let permit = (0..10_000).find_map(|_| breaker.try_acquire().ok()).expect("not all is shed");
        if call < successes {
            permit.success();
        } else {
            permit.failure();
        }
    }
}

/// How many of so many calls are shed that leave the window as it is.
fn shed_of(calls: u32, breaker: &CircuitBreaker) -> u32 {
    let mut shed = 0;
    for _ in 0..calls {
        match breaker.try_acquire() {
            Ok(permit) => permit.ignore(),
            Err(CircuitError::Shed { .. }) => shed += 1,
            Err(other) => unreachable!("not shed but {other:?}"),
        }
    }
    shed
}

fn shed_error(breaker: &CircuitBreaker) -> CircuitError {
    let error = (0..10_000).find_map(|_| breaker.try_acquire().err());
    error.expect("a call was to be shed")
}

#[tokio::test(start_paused = true)]
async fn given_twice_as_many_requests_as_successes_when_calls_come_then_none_is_shed() {
    for window in [Window::calls(100), Window::time(SECOND)] {
        let breaker = breaker(shedding().window(window));
        assert_eq!(shed_of(1000, &breaker), 0, "nothing is known yet");

        make(&breaker, 50, 50);

        assert_eq!(shed_of(10_000, &breaker), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn given_one_request_more_when_calls_come_then_few_are_shed() {
    let breaker = breaker(shedding().window(Window::calls(101)));
    make(&breaker, 50, 51);

    let shed = shed_of(10_000, &breaker);

    // One in 102.
    assert!((30..300).contains(&shed), "{shed}");
}

#[tokio::test(start_paused = true)]
async fn given_more_failures_when_calls_come_then_their_share_is_shed() {
    for (successes, factor, expected) in
        [(25, 2.0, 50.0 / 101.0), (25, 1.1, 72.5 / 101.0), (10, 3.0, 70.0 / 101.0)]
    {
        for window in [Window::calls(100), Window::time(SECOND)] {
            let breaker = breaker(shedding().shed(factor).window(window));
            make(&breaker, successes, 100 - successes);
            let before = breaker.snapshot().totals;

            let shed = shed_of(10_000, &breaker);

            // Eight standard deviations or more.
            let share = f64::from(shed) / 10_000.0;
            assert!((share - expected).abs() < 0.04, "{share} of {expected}");
            let after = breaker.snapshot().totals;
            assert_eq!(after.rejected - before.rejected, u64::from(shed));
            assert_eq!(after.calls - before.calls, u64::from(10_000 - shed));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn given_no_success_at_all_when_the_service_is_well_again_then_shedding_comes_to_an_end() {
    let breaker = breaker(shedding());
    make(&breaker, 0, 200);
    let shed = shed_of(10_000, &breaker);
    assert!((9_500..10_000).contains(&shed), "{shed}: one in 101 passes");

    make(&breaker, 50, 0);

    assert_eq!(shed_of(10_000, &breaker), 0);
    assert_eq!(breaker.state(), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn given_failures_that_were_counted_when_shed_is_set_then_the_next_calls_are_shed() {
    let breaker = breaker(settings().failure_threshold(u32::MAX).window(Window::calls(100)));
    make(&breaker, 25, 75);
    assert_eq!(shed_of(1000, &breaker), 0);

    breaker.reconfigure(|c| c.shed(2.0)).unwrap();

    let shed = shed_of(10_000, &breaker);
    assert!((4_600..5_300).contains(&shed), "{shed} of about 4950");
    breaker.reconfigure(|c| c.shed(100.0)).unwrap();
    assert_eq!(shed_of(1000, &breaker), 0);
}

#[tokio::test(start_paused = true)]
async fn given_failures_in_a_window_of_time_when_they_grow_old_then_none_is_shed_any_more() {
    let breaker = breaker(shedding().window(Window::time(16 * SECOND)));
    make(&breaker, 0, 100);
    advance(16 * SECOND - NANO).await;
    assert!(shed_of(1000, &breaker) > 900);

    advance(SECOND + NANO).await;

    assert_eq!(shed_of(1000, &breaker), 0);
}

#[tokio::test(start_paused = true)]
async fn given_successes_in_a_window_of_time_when_they_grow_old_then_more_is_shed() {
    let breaker = breaker(shedding().window(Window::time(16 * SECOND)));
    make(&breaker, 100, 0);
    advance(8 * SECOND).await;
    make(&breaker, 0, 100);
    assert_eq!(shed_of(1000, &breaker), 0);

    advance(9 * SECOND).await;

    assert!(shed_of(1000, &breaker) > 900);
}

#[tokio::test(start_paused = true)]
async fn given_a_call_that_is_shed_when_its_caller_asks_why_then_the_error_says() {
    let breaker = breaker(shedding());
    make(&breaker, 0, 100);

    let error = shed_error(&breaker);

    assert!(matches!(error, CircuitError::Shed { .. }));
    assert_eq!((error.name(), error.is_rejection(), error.retry_after()), ("orders", true, None));
    assert_eq!(
        error.to_string(),
        "circuit breaker `orders` sheds a share of its calls, because many fail"
    );
    let to_users = "This service is temporarily unavailable. Please try again in a few moments.";
    assert_eq!(error.user_message(), to_users);
    assert_eq!(CallError::<()>::from(error.clone()), CallError::Rejected(error));
}

#[tokio::test(start_paused = true)]
async fn given_a_breaker_that_sheds_when_it_opens_then_calls_are_rejected_as_open() {
    let settings = shedding().failure_threshold(100).window(Window::calls(1000));
    let breaker = breaker(settings);
    make(&breaker, 0, 100);

    assert!(matches!(rejection(&breaker).await, CircuitError::Open { .. }));
    breaker.force_open();
    assert!(matches!(rejection(&breaker).await, CircuitError::ForcedOpen { .. }));
}

#[tokio::test(start_paused = true)]
async fn given_a_breaker_that_shed_when_it_is_half_open_then_its_probes_pass() {
    for _ in 0..100 {
        let settings = shedding().failure_threshold(20).success_threshold(3);
        let breaker = breaker(settings);
        make(&breaker, 0, 20);
        advance(RECOVERY).await;

        for _ in 0..3 {
            let probe = Flight::begin(&breaker);
            assert!(matches!(breaker.try_acquire(), Err(CircuitError::HalfOpen { .. })));
            probe.succeed().await;
        }

        assert_eq!((breaker.state(), shed_of(100, &breaker)), (State::Closed, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn given_metrics_only_when_calls_would_be_shed_then_they_pass_and_are_counted() {
    let breaker = breaker(shedding());
    breaker.metrics_only();

    for _ in 0..1000 {
        breaker.try_acquire().unwrap().failure();
    }

    let after = breaker.snapshot();
    assert_eq!((after.mode, after.state), (Mode::MetricsOnly, State::Closed));
    assert_eq!((after.totals.calls, after.totals.failures, after.totals.rejected), (1000, 1000, 0));
    breaker.disable();
    for _ in 0..100 {
        breaker.try_acquire().unwrap().failure();
    }
}
