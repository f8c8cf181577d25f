//! Settings that are changed while calls are made.

use cb_runtime::{Backoff, ConfigError, OpenReason, Window};

use super::*;

/// Never opens, and tells its failure rate from the first call on.
fn watching(window: Window) -> CircuitBreaker {
    breaker(settings().failure_threshold(u32::MAX).window(window).min_calls(1))
}

/// Calls to come as written: `F` fails, everything else succeeds.
async fn make(breaker: &CircuitBreaker, calls: &str) {
    for call in calls.chars() {
        match call {
            'F' => assert_eq!(fail(breaker).await, FAILED),
            _ => assert_eq!(succeed(breaker).await, Ok(())),
        }
    }
}

fn failure_rate(breaker: &CircuitBreaker) -> Option<f64> {
    breaker.snapshot().failure_rate
}

fn set(breaker: &CircuitBreaker, change: impl FnOnce(ConfigBuilder) -> ConfigBuilder) {
    assert_eq!(breaker.reconfigure(change), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn given_a_change_when_one_of_its_settings_is_invalid_then_nothing_is_changed() {
    type Change = fn(ConfigBuilder) -> ConfigBuilder;
    let breaker = breaker(settings().window(Window::calls(20)));
    fail(&breaker).await.unwrap_err();
    let before = breaker.snapshot();
    let changes: [(Change, &str); 5] = [
        (|c| c.failure_threshold(0), "failure_threshold"),
        (|c| c.recovery_timeout(Duration::ZERO), "recovery_timeout"),
        (|c| c.min_calls(21), "min_calls"),
        (|c| c.slow_call_rate(0.5), "slow_call_rate"),
        (|c| c.backoff(Backoff::new(0.5, SECOND)), "backoff.factor"),
    ];

    for (change, field) in changes {
        let answer = breaker.reconfigure(|c| change(c.failure_rate(0.5).shed(3.0)));

        assert_eq!(answer.as_ref().map_err(ConfigError::field), Err(field));
        assert!(answer.unwrap_err().to_string().contains(field));
        assert_eq!(breaker.config(), before.config);
        assert_eq!(breaker.history(), []);
    }
    assert_eq!(breaker.snapshot().consecutive_failures, 1);
}

#[tokio::test(start_paused = true)]
async fn given_several_settings_when_they_are_changed_then_all_are_others_and_the_rest_is_not() {
    let breaker = breaker(settings().half_open_max_calls(7));

    set(&breaker, |c| c.failure_threshold(9).window(Window::calls(5)).failure_rate(0.25));

    let config = breaker.config();
    assert_eq!((config.failure_threshold(), config.half_open_max_calls()), (9, 7));
    assert_eq!((config.window(), config.min_calls()), (Window::Calls(5), 5));
    assert_eq!((config.failure_rate(), config.recovery_timeout()), (Some(0.25), RECOVERY));
    assert_eq!(breaker.snapshot().config, config);
}

#[tokio::test(start_paused = true)]
async fn given_no_probe_timeout_when_the_recovery_timeout_is_changed_then_it_follows() {
    let follows = breaker(settings());
    let given = breaker(settings().probe_timeout(RECOVERY));
    for breaker in [&follows, &given] {
        set(breaker, |c| c.recovery_timeout(SECOND));
        assert_eq!(breaker.config().recovery_timeout(), SECOND);
    }
    assert_eq!(follows.config().probe_timeout(), SECOND);
    assert_eq!(given.config().probe_timeout(), RECOVERY);

    set(&follows, |c| c.probe_timeout(3 * SECOND));
    set(&follows, |c| c.recovery_timeout(2 * SECOND));
    assert_eq!(follows.config().probe_timeout(), 3 * SECOND, "given since");
}

#[tokio::test(start_paused = true)]
async fn given_a_row_when_the_threshold_falls_below_it_then_the_next_failure_opens() {
    let breaker = breaker(settings().failure_threshold(5));
    make(&breaker, "FFFF").await;

    set(&breaker, |c| c.failure_threshold(2));
    assert_eq!((breaker.state(), breaker.snapshot().consecutive_failures), (State::Closed, 4));
    make(&breaker, "F").await;

    let reason = breaker.snapshot().last_opening;
    assert_eq!(reason, Some(OpenReason::ConsecutiveFailures { count: 5 }));
}

#[tokio::test(start_paused = true)]
async fn given_a_row_when_the_threshold_falls_below_it_then_a_success_sets_it_back_as_ever() {
    let breaker = breaker(settings().failure_threshold(5));
    make(&breaker, "FFFF").await;
    set(&breaker, |c| c.failure_threshold(2));

    make(&breaker, ".F").await;

    assert_eq!((breaker.state(), breaker.snapshot().consecutive_failures), (State::Closed, 1));
}

#[tokio::test(start_paused = true)]
async fn given_an_open_breaker_when_the_recovery_timeout_is_changed_then_this_opening_keeps_its_end()
 {
    for timeout in [SECOND, 1000 * SECOND] {
        let breaker = opened(settings()).await;
        advance(SECOND).await;

        set(&breaker, |c| c.recovery_timeout(timeout));

        assert_eq!(breaker.snapshot().remaining_open, Some(RECOVERY - SECOND));
        advance(RECOVERY - SECOND - NANO).await;
        assert_eq!(breaker.state(), State::Open);
        advance(NANO).await;
        assert_eq!(fail(&breaker).await, FAILED, "the probe passes");
        assert_eq!(breaker.snapshot().remaining_open, Some(timeout), "the next has the new one");
    }
}

#[tokio::test(start_paused = true)]
async fn given_a_half_open_breaker_when_its_settings_are_changed_then_its_successes_are_kept() {
    let breaker = due(settings().success_threshold(5)).await;
    make(&breaker, "..").await;

    set(&breaker, |c| c.success_threshold(2));
    assert_eq!(breaker.state(), State::HalfOpen, "not at once");
    make(&breaker, ".").await;

    assert_eq!(breaker.state(), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn given_a_probe_when_probe_timeout_is_changed_then_it_keeps_the_one_it_began_with() {
    for (began, later) in [(SECOND, 10 * SECOND), (10 * SECOND, SECOND)] {
        let breaker = due(settings().probe_timeout(began)).await;
        let hung = hang(&breaker);

        set(&breaker, |c| c.probe_timeout(later));

        advance(began - NANO).await;
        assert!(breaker.try_acquire().is_err());
        advance(NANO).await;
        assert!(breaker.try_acquire().is_ok());
        drop(hung);
    }
}

#[tokio::test(start_paused = true)]
async fn given_a_probe_when_more_may_be_under_way_then_they_are_admitted_beside_it() {
    let breaker = due(settings()).await;
    let probe = hang(&breaker);

    set(&breaker, |c| c.half_open_max_calls(3));
    let more = [hang(&breaker), hang(&breaker)];
    assert!(breaker.try_acquire().is_err());
    set(&breaker, |c| c.half_open_max_calls(2));
    drop(probe);

    assert!(breaker.try_acquire().is_err(), "two of two are under way");
    drop(more);
    assert!(breaker.try_acquire().is_ok());
}

#[tokio::test(start_paused = true)]
async fn given_a_window_of_calls_when_it_shrinks_then_the_latest_are_kept() {
    let breaker = watching(Window::calls(10));
    make(&breaker, "FFFFFF..F.").await;

    set(&breaker, |c| c.window(Window::calls(4)));

    assert_eq!(failure_rate(&breaker), Some(0.25), "of `..F.`");
    make(&breaker, "...").await;
    assert_eq!(failure_rate(&breaker), Some(0.0));
}

#[tokio::test(start_paused = true)]
async fn given_a_window_of_calls_when_it_grows_then_all_it_held_is_kept_and_no_more() {
    let breaker = watching(Window::calls(4));
    make(&breaker, "FFFFFF..F.").await;

    set(&breaker, |c| c.window(Window::calls(8)));

    assert_eq!(failure_rate(&breaker), Some(0.25), "of `..F.`");
    make(&breaker, "FFFF").await;
    assert_eq!(failure_rate(&breaker), Some(5.0 / 8.0), "of `..F.FFFF`");
    make(&breaker, "..F.").await;
    assert_eq!(failure_rate(&breaker), Some(5.0 / 8.0), "of `FFFF..F.`");
}

#[tokio::test(start_paused = true)]
async fn given_only_successes_when_the_window_grows_then_no_more_of_them_are_in_it_than_it_held() {
    let breaker = watching(Window::calls(4));
    make(&breaker, "..........").await;

    set(&breaker, |c| c.window(Window::calls(100)));
    make(&breaker, "F").await;

    assert_eq!(failure_rate(&breaker), Some(0.2));
}

#[tokio::test(start_paused = true)]
async fn given_a_window_of_time_when_its_length_is_changed_then_what_fits_is_kept() {
    let minute = Duration::from_secs(60);
    let breaker = watching(Window::time(16 * minute));
    make(&breaker, "F").await;
    advance(8 * minute).await;
    make(&breaker, "...").await;
    assert_eq!(failure_rate(&breaker), Some(0.25));

    set(&breaker, |c| c.window(Window::time(20 * minute)));
    assert_eq!(failure_rate(&breaker), Some(0.25), "longer");
    set(&breaker, |c| c.window(Window::time(4 * minute)));
    assert_eq!(failure_rate(&breaker), Some(0.0), "shorter");
    set(&breaker, |c| c.window(Window::time(160 * minute)));
    assert_eq!(failure_rate(&breaker), Some(0.0), "what was forgotten stays so");
}

#[tokio::test(start_paused = true)]
async fn given_a_window_when_it_becomes_one_of_the_other_kind_then_it_is_empty() {
    for (from, to) in
        [(Window::calls(10), Window::time(SECOND)), (Window::time(SECOND), Window::calls(10))]
    {
        for calls in ["FFF.", "...."] {
            let breaker = watching(from);
            make(&breaker, calls).await;

            set(&breaker, |c| c.window(to));

            assert_eq!(failure_rate(&breaker), None);
            make(&breaker, "F").await;
            assert_eq!(failure_rate(&breaker), Some(1.0));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn given_another_setting_when_it_is_changed_then_the_window_and_the_row_are_kept() {
    for window in [Window::calls(10), Window::time(SECOND)] {
        let breaker = watching(window);
        make(&breaker, "..FF").await;

        set(&breaker, |c| c.recovery_timeout(SECOND).response_times(false).critical(true));

        assert_eq!(failure_rate(&breaker), Some(0.5));
        assert_eq!(breaker.snapshot().consecutive_failures, 2);
    }
}

#[tokio::test(start_paused = true)]
async fn given_calls_that_have_just_been_made_when_reset_timeout_is_set_then_nothing_is_forgotten()
{
    let breaker = watching(Window::calls(100));
    make(&breaker, "F.").await;
    for _ in 0..20 {
        advance(SECOND).await;
        make(&breaker, ".").await;
    }

    set(&breaker, |c| c.reset_timeout(10 * SECOND));

    assert_eq!(failure_rate(&breaker), Some(1.0 / 22.0), "the last call was at this moment");
}

#[tokio::test(start_paused = true)]
async fn given_a_rate_when_it_is_set_and_the_window_is_over_it_then_the_next_failure_opens() {
    let breaker = watching(Window::calls(10));
    make(&breaker, "FFF.").await;

    set(&breaker, |c| c.failure_rate(0.5));
    make(&breaker, ".").await;
    assert_eq!(breaker.state(), State::Closed);
    make(&breaker, "F").await;

    let reason = breaker.snapshot().last_opening;
    assert!(matches!(reason, Some(OpenReason::FailureRate { failures: 4, calls: 6, .. })));
}
