//! Counts that are forgotten after a time without calls (`reset_timeout`).

use cb_runtime::Window;

use super::*;

const IDLE: Duration = Duration::from_secs(10);

fn forgetful() -> ConfigBuilder {
    settings().reset_timeout(IDLE).min_calls(1)
}

/// The row of failures, and the failures' share of the window.
fn found(breaker: &CircuitBreaker) -> (u32, Option<f64>) {
    let now = breaker.snapshot();
    (now.consecutive_failures, now.failure_rate)
}

#[tokio::test(start_paused = true)]
async fn given_failures_when_no_call_comes_for_so_long_then_a_reader_finds_none_from_then_on() {
    for window in [Window::calls(100), Window::time(Duration::from_secs(86_400))] {
        let breaker = breaker(forgetful().window(window));
        fail(&breaker).await.unwrap_err();
        fail(&breaker).await.unwrap_err();

        advance(IDLE - NANO).await;
        assert_eq!(found(&breaker), (2, Some(1.0)));
        advance(NANO).await;

        assert_eq!(found(&breaker), (0, None));
        assert_eq!(breaker.snapshot().totals.failures, 2, "totals stay");
    }
}

#[tokio::test(start_paused = true)]
async fn given_failures_when_a_call_comes_after_so_long_then_it_is_the_first() {
    for (wait, opens) in [(IDLE - NANO, true), (IDLE, false)] {
        let breaker = breaker(forgetful());
        fail(&breaker).await.unwrap_err();
        fail(&breaker).await.unwrap_err();
        advance(wait).await;

        fail(&breaker).await.unwrap_err();

        assert_eq!(breaker.state() == State::Open, opens, "after {wait:?}");
        if !opens {
            assert_eq!(found(&breaker), (1, Some(1.0)));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn given_a_full_window_when_no_call_comes_for_so_long_then_the_rate_starts_anew() {
    let by_rate = forgetful().failure_threshold(u32::MAX).failure_rate(0.5).min_calls(4);
    let breaker = breaker(by_rate);
    succeed(&breaker).await.unwrap();
    fail(&breaker).await.unwrap_err();
    fail(&breaker).await.unwrap_err();
    advance(IDLE).await;

    fail(&breaker).await.unwrap_err();

    assert_eq!(breaker.state(), State::Closed, "one call of the four that are needed");
}

#[tokio::test(start_paused = true)]
async fn given_failures_when_a_call_comes_between_then_they_are_kept() {
    type Between = fn(&CircuitBreaker);
    let calls: [Between; 3] = [
        |breaker| breaker.try_acquire().unwrap().ignore(),
        |breaker| drop(hang(breaker)),
        |breaker| drop(breaker.try_acquire().unwrap()),
    ];
    for call in calls {
        let breaker = breaker(forgetful());
        fail(&breaker).await.unwrap_err();
        fail(&breaker).await.unwrap_err();
        advance(IDLE - NANO).await;

        call(&breaker);

        advance(IDLE - NANO).await;
        assert_eq!(found(&breaker), (2, Some(1.0)));
        advance(NANO).await;
        assert_eq!(found(&breaker), (0, None));
    }
}

#[tokio::test(start_paused = true)]
async fn given_only_successes_when_they_come_often_enough_then_the_window_is_kept() {
    let breaker = breaker(forgetful());
    fail(&breaker).await.unwrap_err();
    for _ in 0..9 {
        advance(IDLE - NANO).await;
        succeed(&breaker).await.unwrap();
    }

    assert_eq!(found(&breaker), (0, Some(0.1)));
    advance(IDLE).await;
    assert_eq!(found(&breaker), (0, None));
}

#[tokio::test(start_paused = true)]
async fn given_a_call_under_way_when_it_began_and_when_it_ends_then_both_count_as_calls() {
    let breaker = breaker(forgetful());
    fail(&breaker).await.unwrap_err();
    advance(IDLE - NANO).await;
    let call = Flight::begin(&breaker);
    advance(IDLE - NANO).await;
    assert_eq!(found(&breaker), (1, Some(1.0)), "one has begun since");
    call.fail().await;
    assert_eq!(found(&breaker), (2, Some(1.0)));

    advance(IDLE - NANO).await;

    assert_eq!(found(&breaker), (2, Some(1.0)), "one has ended since");
}

#[tokio::test(start_paused = true)]
async fn given_failures_when_calls_are_rejected_between_then_those_are_no_calls() {
    let breaker = breaker(forgetful());
    fail(&breaker).await.unwrap_err();
    advance(IDLE / 2).await;
    breaker.force_open();
    assert!(matches!(rejection(&breaker).await, CircuitError::ForcedOpen { .. }));
    breaker.resume();

    advance(IDLE / 2).await;

    assert_eq!(found(&breaker), (0, None));
}

#[tokio::test(start_paused = true)]
async fn given_failures_when_a_call_is_shed_between_then_that_is_no_call() {
    // Whether a call is shed is left to chance: a hundred times a chance of one half or better.
    for _ in 0..100 {
        let breaker = breaker(forgetful().failure_threshold(u32::MAX).shed(2.0));
        fail(&breaker).await.unwrap_err();
        advance(IDLE - NANO).await;
        if !matches!(succeed(&breaker).await, Err(CallError::Rejected(CircuitError::Shed { .. }))) {
            continue;
        }
        assert_eq!(found(&breaker), (1, Some(1.0)));

        advance(NANO).await;

        assert_eq!(found(&breaker), (0, None));
        return;
    }
    unreachable!("one call of a hundred was to be shed");
}

#[tokio::test(start_paused = true)]
async fn given_an_open_breaker_when_no_call_comes_for_so_long_then_it_stays_open() {
    let breaker = opened(forgetful()).await;

    advance(2 * IDLE).await;
    assert_eq!(breaker.snapshot().remaining_open, Some(RECOVERY - 2 * IDLE));
    assert!(matches!(rejection(&breaker).await, CircuitError::Open { .. }));
    advance(RECOVERY - 2 * IDLE).await;

    assert_eq!(breaker.state(), State::HalfOpen);
}

#[tokio::test(start_paused = true)]
async fn given_a_half_open_breaker_when_no_call_comes_for_so_long_then_its_successes_are_kept() {
    let breaker = due(forgetful().success_threshold(2)).await;
    succeed(&breaker).await.unwrap();

    advance(2 * IDLE).await;

    assert_eq!(breaker.state(), State::HalfOpen);
    succeed(&breaker).await.unwrap();
    assert_eq!(breaker.state(), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn given_a_time_without_end_when_no_call_comes_then_nothing_is_forgotten() {
    let breaker = breaker(forgetful().reset_timeout(Duration::MAX));
    fail(&breaker).await.unwrap_err();

    advance(Duration::from_secs(86_400 * 365 * 50)).await;

    assert_eq!(found(&breaker), (1, Some(1.0)));
}
