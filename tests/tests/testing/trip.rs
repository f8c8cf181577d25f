//! Breakers that are opened by tests, of all configurations.

use cb_runtime::{
    Backoff, CallError, CircuitBreaker, Config, ConfigBuilder, Mode, OpenReason, State, Window,
    assert_state, testing,
};
use tokio::time::advance;

use super::*;

/// What an operator does.
type Set = fn(&CircuitBreaker);

const RECOVERY: Duration = Duration::from_secs(30);

fn breaker(settings: ConfigBuilder) -> CircuitBreaker {
    CircuitBreaker::new("orders", settings.recovery_timeout(RECOVERY).build().unwrap())
}

fn settings() -> ConfigBuilder {
    Config::builder()
}

/// One that no row of failures opens.
fn without_row() -> ConfigBuilder {
    Config::builder().failure_threshold(u32::MAX)
}

#[track_caller]
fn tripped(settings: ConfigBuilder) -> (OpenReason, u64) {
    let breaker = breaker(settings);
    testing::trip(&breaker);
    assert_state!(breaker, State::Open);
    let found = breaker.snapshot();
    assert_eq!(found.remaining_open, Some(RECOVERY));
    assert_eq!(found.last_error.as_deref(), Some("tripped by a test"));
    assert_eq!((found.openings, found.totals.calls), (1, found.totals.failures));
    assert_eq!(found.totals.rejected, 0);
    (found.last_opening.unwrap(), found.totals.failures)
}

#[tokio::test(start_paused = true)]
async fn given_a_closed_breaker_then_just_as_many_calls_fail_as_open_it() {
    use OpenReason::{ConsecutiveFailures, StayAway};
    assert_eq!(tripped(settings()), (ConsecutiveFailures { count: 5 }, 5));
    let one = settings().failure_threshold(1);
    assert_eq!(tripped(one), (ConsecutiveFailures { count: 1 }, 1));

    for window in [Window::calls(20), Window::time(10 * SECOND)] {
        let (reason, failures) = tripped(without_row().failure_rate(0.5).window(window));
        assert!(matches!(reason, OpenReason::FailureRate { .. }), "{reason}");
        assert_eq!(failures, 10, "`min_calls`");
    }
    let slow = without_row().slow_call(SECOND);
    assert_eq!(tripped(slow), (StayAway, 1));
    assert_eq!(tripped(without_row()), (StayAway, 1));
    // It sheds calls before it opens, those of a test not.
    let shed = settings().failure_threshold(200).failure_rate(1.0).shed(2.0);
    let (reason, failures) = tripped(shed);
    assert!(matches!(reason, OpenReason::FailureRate { .. }) && failures == 10, "{reason}");
}

#[tokio::test(start_paused = true)]
async fn given_more_successes_than_failures_can_make_up_for_then_it_opens_all_the_same() {
    let breaker = breaker(without_row().failure_rate(0.9).window(Window::time(60 * SECOND)));
    for _ in 0..2_000 {
        breaker.try_acquire().unwrap().success();
    }
    testing::trip(&breaker);
    assert_state!(breaker, State::Open);
    assert_eq!(breaker.snapshot().last_opening, Some(OpenReason::StayAway));
}

#[tokio::test(start_paused = true)]
async fn given_an_open_breaker_then_it_opens_for_no_longer() {
    let breaker = breaker(settings());
    testing::trip(&breaker);
    advance(RECOVERY / 2).await;
    testing::trip(&breaker);
    let found = breaker.snapshot();
    assert_eq!((found.remaining_open, found.openings), (Some(RECOVERY / 2), 1));
}

#[tokio::test(start_paused = true)]
async fn given_a_half_open_breaker_then_its_probe_fails_and_the_open_time_grows() {
    let breaker = breaker(settings().backoff(Backoff::new(2.0, 600 * SECOND)));
    testing::trip(&breaker);
    advance(RECOVERY).await;
    testing::trip(&breaker);

    let found = breaker.snapshot();
    assert_eq!((found.last_opening, found.openings), (Some(OpenReason::ProbeFailed), 2));
    assert_eq!(found.remaining_open, Some(2 * RECOVERY));
}

#[tokio::test(start_paused = true)]
async fn given_a_probe_under_way_then_it_reopens_and_the_probe_changes_nothing() {
    let breaker = breaker(settings());
    testing::trip(&breaker);
    advance(RECOVERY).await;
    let probe = breaker.try_acquire().unwrap();
    testing::trip(&breaker);
    assert_state!(breaker, State::Open);
    probe.success();
    assert_state!(breaker, State::Open);
    assert_eq!(breaker.snapshot().last_opening, Some(OpenReason::ProbeFailed));
}

#[tokio::test(start_paused = true)]
async fn given_a_tripped_breaker_then_it_goes_its_way_and_recovers() {
    let breaker = breaker(settings());
    testing::trip(&breaker);
    let call = || breaker.call(|| async { Ok::<_, &str>(()) });
    assert!(matches!(call().await, Err(CallError::Rejected(_))));
    advance(RECOVERY).await;
    assert_eq!(call().await, Ok(()));
    assert_state!(breaker, State::Closed);
}

#[test]
fn given_a_mode_in_which_failures_do_not_open_then_it_says_so() {
    let modes: [(Set, Mode); 3] = [
        (CircuitBreaker::force_open, Mode::ForcedOpen),
        (CircuitBreaker::disable, Mode::Disabled),
        (CircuitBreaker::metrics_only, Mode::MetricsOnly),
    ];
    for (set, mode) in modes {
        let breaker = breaker(settings());
        set(&breaker);
        let said = panic_of(|| testing::trip(&breaker));
        let expected = format!(
            "circuit breaker `orders` cannot be tripped: failures do not open it in its mode, which is {mode}; `resume()` it first"
        );
        assert_eq!(said, expected);
        assert_eq!(breaker.snapshot().totals.calls, 0);
    }
}
