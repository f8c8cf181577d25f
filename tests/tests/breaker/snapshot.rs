use std::time::SystemTime;

use cb_runtime::{Mode, OpenReason};
use serde_json::{Value, json};

use super::*;

/// A call that takes its time.
async fn slow(breaker: &CircuitBreaker, time: Duration, answer: Result<(), &'static str>) {
    let body = || async {
        tokio::time::sleep(time).await;
        answer
    };
    assert_eq!(breaker.call(body).await, answer.map_err(CallError::Failed));
}

/// Takes out the field. Times by the wall clock differ from run to run; only their form is checked.
fn take(json: &mut Value, field: &str) -> Value {
    json.as_object_mut().and_then(|fields| fields.remove(field)).expect("the field is there")
}

fn assert_rfc3339(value: &Value) {
    let text = value.as_str().expect("a time is a string");
    let form: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    assert_eq!(form, "0000-00-00T00:00:00.000Z", "{text}");
}

#[tokio::test(start_paused = true)]
async fn given_a_new_breaker_when_it_is_shown_as_json_then_each_field_is_there() {
    let breaker = CircuitBreaker::new("orders", Config::default());

    let mut json = serde_json::to_value(breaker.snapshot()).unwrap();

    assert_rfc3339(&take(&mut json, "since"));
    let expected = json!({
        "name": "orders",
        "parent": null,
        "key": null,
        "service_type": null,
        "critical": false,
        "state": "closed",
        "mode": "normal",
        "consecutive_failures": 0,
        "failure_rate": null,
        "slow_call_rate": null,
        "totals": {
            "calls": 0,
            "successes": 0,
            "failures": 0,
            "ignored": 0,
            "rejected": 0,
            "timeouts": 0,
            "slow": 0,
            "cancelled": 0,
            "fallbacks": 0,
            "fallback_failures": 0,
            "stale_answers": 0,
            "retries": 0,
        },
        "openings": 0,
        "last_opening": null,
        "remaining_open": null,
        "response_times": null,
        "last_success": null,
        "last_failure": null,
        "last_error": null,
        "shared": null,
        "config": {
            "critical": false,
            "failure_threshold": 5,
            "recovery_timeout": "1m",
            "half_open_max_calls": 1,
            "success_threshold": 1,
            "probe_timeout": "1m",
            "response_times": true,
            "window": 100,
            "min_calls": 10,
            "max_keys": 10000,
        },
    });
    assert_eq!(json, expected);
}

#[tokio::test(start_paused = true)]
async fn given_an_open_breaker_when_it_is_shown_as_json_then_the_figures_are_those_of_its_calls() {
    let settings = settings()
        .service_type("rest_api")
        .critical(true)
        .failure_threshold(2)
        .half_open_max_calls(4)
        .success_threshold(3)
        .probe_timeout(Duration::from_millis(1500));
    let breaker = breaker(settings);
    slow(&breaker, Duration::from_millis(100), Ok(())).await;
    slow(&breaker, Duration::from_millis(400), Err("refused")).await;
    slow(&breaker, Duration::from_millis(400), Err("refused")).await;
    advance(Duration::from_millis(500)).await;
    rejection(&breaker).await;

    let mut json = serde_json::to_value(breaker.snapshot()).unwrap();

    for time in ["since", "last_success", "last_failure"] {
        assert_rfc3339(&take(&mut json, time));
    }
    // These are read off a histogram, and are near the truth only.
    for percentile in ["p50", "p95", "p99"] {
        let found = take(&mut json["response_times"], percentile).as_f64();
        assert!(found.is_some_and(|found| (found / 0.4 - 1.0).abs() < 0.2), "{found:?}");
    }
    let expected = json!({
        "name": "orders",
        "parent": null,
        "key": null,
        "service_type": "rest_api",
        "critical": true,
        "state": "open",
        "mode": "normal",
        "consecutive_failures": 0,
        "failure_rate": null,
        "slow_call_rate": null,
        "totals": {
            "calls": 3,
            "successes": 1,
            "failures": 2,
            "ignored": 0,
            "rejected": 1,
            "timeouts": 0,
            "slow": 0,
            "cancelled": 0,
            "fallbacks": 0,
            "fallback_failures": 0,
            "stale_answers": 0,
            "retries": 0,
        },
        "openings": 1,
        "last_opening": { "kind": "consecutive_failures", "count": 2 },
        "remaining_open": 29.5,
        "response_times": { "timed": 3, "mean": 0.3, "max": 0.4 },
        "last_error": null,
        "shared": null,
        "config": {
            "service_type": "rest_api",
            "critical": true,
            "failure_threshold": 2,
            "recovery_timeout": "30s",
            "half_open_max_calls": 4,
            "success_threshold": 3,
            "probe_timeout": "1s 500ms",
            "response_times": true,
            "window": 100,
            "min_calls": 10,
            "max_keys": 10000,
        },
    });
    assert_eq!(json, expected);
}

#[test]
fn given_the_names_of_states_modes_and_reasons_when_they_are_shown_then_json_has_snake_case() {
    let states = [State::Closed, State::Open, State::HalfOpen];
    assert_eq!(json!(states), json!(["closed", "open", "half_open"]));
    assert_eq!(states.map(|state| state.to_string()), ["closed", "open", "half-open"]);

    let modes = [Mode::Normal, Mode::ForcedOpen, Mode::Disabled, Mode::MetricsOnly];
    assert_eq!(json!(modes), json!(["normal", "forced_open", "disabled", "metrics_only"]));
    let shown = ["normal", "forced open", "disabled", "metrics only"];
    assert_eq!(modes.map(|mode| mode.to_string()), shown);

    let reasons = [1, 5].map(|count| OpenReason::ConsecutiveFailures { count });
    assert_eq!(reasons.map(|reason| reason.to_string()), ["1 failure", "5 failures in a row"]);
    assert_eq!(OpenReason::ProbeFailed.to_string(), "a probe failed");
    assert_eq!(json!(OpenReason::ProbeFailed), json!({ "kind": "probe_failed" }));
}

#[tokio::test(start_paused = true)]
async fn given_calls_when_they_end_then_the_latest_success_and_failure_are_those() {
    let breaker = breaker(settings());
    succeed(&breaker).await.unwrap();
    advance(RECOVERY).await;
    fail(&breaker).await.unwrap_err();
    advance(RECOVERY).await;

    let after = breaker.snapshot();

    let (success, failure) = (after.last_success.unwrap(), after.last_failure.unwrap());
    let apart = failure.duration_since(success).unwrap();
    assert!((RECOVERY - SECOND..RECOVERY + SECOND).contains(&apart), "{apart:?}");
    let ago = SystemTime::now().duration_since(failure).unwrap();
    assert!((RECOVERY - SECOND..RECOVERY + SECOND).contains(&ago), "{ago:?}");
}

#[tokio::test(start_paused = true)]
async fn given_changes_of_state_when_it_is_asked_since_when_then_it_is_since_the_last_of_them() {
    let ago = |breaker: &CircuitBreaker| {
        let age = SystemTime::now().duration_since(breaker.snapshot().since).unwrap();
        // To whole seconds: the wall clock runs on while the other stands.
        (age + SECOND / 2).as_secs()
    };
    let breaker = breaker(settings());
    advance(10 * SECOND).await;
    assert_eq!(ago(&breaker), 10, "closed since it was made");

    open(&breaker).await;
    advance(RECOVERY - SECOND).await;
    assert_eq!(ago(&breaker), 29, "open");
    advance(5 * SECOND).await;
    assert_eq!(ago(&breaker), 4, "half-open since the end of the open time");

    breaker.force_open();
    advance(2 * SECOND).await;
    assert_eq!(ago(&breaker), 2, "forced open");
    breaker.reset();
    advance(3 * SECOND).await;
    assert_eq!(ago(&breaker), 3, "closed by the reset");
}

#[tokio::test(start_paused = true)]
async fn given_calls_whose_errors_nobody_described_when_they_fail_then_there_is_no_last_error() {
    let breaker = breaker(settings());

    fail(&breaker).await.unwrap_err();
    breaker.call_blocking(|| Err::<(), _>("refused")).unwrap_err();

    assert_eq!(breaker.snapshot().last_error, None);
    assert!(breaker.snapshot().last_failure.is_some());
}

#[tokio::test(start_paused = true)]
async fn given_response_times_off_when_calls_are_made_then_there_are_no_figures() {
    let breaker = breaker(settings().response_times(false));

    slow(&breaker, SECOND, Ok(())).await;
    slow(&breaker, SECOND, Err("refused")).await;

    assert_eq!(breaker.snapshot().response_times, None);
    assert_eq!(breaker.snapshot().totals.calls, 2);
}

#[tokio::test(start_paused = true)]
async fn given_slow_calls_when_some_say_nothing_then_only_the_judged_ones_are_in_the_figures() {
    let breaker = breaker(settings());
    slow(&breaker, SECOND, Ok(())).await;
    let permit = breaker.try_acquire().unwrap();
    let call = hang(&breaker);
    advance(10 * SECOND).await;

    permit.ignore();
    drop(call);
    assert_eq!(breaker.snapshot().response_times.map(|times| times.timed), Some(1));

    let permit = breaker.try_acquire().unwrap();
    advance(3 * SECOND).await;
    permit.success();
    let times = breaker.snapshot().response_times.unwrap();
    assert_eq!((times.timed, times.mean, times.max), (2, 2 * SECOND, 3 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn given_two_snapshots_when_nothing_has_happened_between_then_their_figures_are_equal() {
    let breaker = opened(settings()).await;

    let (one, two) = (breaker.snapshot(), breaker.snapshot());

    assert_eq!(one.totals, two.totals);
    assert_eq!((one.name, one.state, one.config), (two.name, two.state, two.config));
    assert_eq!(one.remaining_open, Some(RECOVERY));
    assert_eq!(one.remaining_open, two.remaining_open);
}
