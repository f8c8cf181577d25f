//! Settings that are changed: calls in flight, the function that changes them, and what is told of it.

use std::thread;

use cb_runtime::{Event, Registry, Window};

use super::*;

fn set(breaker: &CircuitBreaker, change: impl FnOnce(ConfigBuilder) -> ConfigBuilder) {
    assert_eq!(breaker.reconfigure(change), Ok(()));
}

/// Setting, old and new value of each change that was told of.
fn changes(breaker: &CircuitBreaker) -> Vec<Vec<(&'static str, String, String)>> {
    let told = breaker.history().into_iter().map(|event| match event {
        Event::ConfigChanged { name, changes, .. } => {
            assert_eq!(&*name, breaker.name());
            changes.into_iter().map(|change| (change.setting, change.from, change.to)).collect()
        }
        other => unreachable!("only settings were changed, but {other:?}"),
    });
    told.collect()
}

#[tokio::test(start_paused = true)]
async fn given_a_call_when_slow_call_is_changed_then_it_is_held_against_the_one_it_began_under() {
    for response_times in [true, false] {
        for (began, later, slow) in [(1, 10, 1), (10, 1, 0)] {
            let settings = settings().response_times(response_times).slow_call(began * SECOND);
            let breaker = breaker(settings);
            let call = Flight::begin(&breaker);
            let dropped = Flight::begin(&breaker);

            set(&breaker, |c| c.slow_call(later * SECOND));
            advance(5 * SECOND).await;
            call.succeed().await;
            dropped.cancel();

            assert_eq!(breaker.snapshot().totals.slow, 2 * slow, "{began} s, then {later} s");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn given_a_call_when_slow_call_is_set_for_the_first_time_then_it_is_not_slow() {
    for response_times in [true, false] {
        let breaker = breaker(settings().response_times(response_times));
        let call = Flight::begin(&breaker);

        set(&breaker, |c| c.slow_call(SECOND));
        let next = Flight::begin(&breaker);
        advance(5 * SECOND).await;
        call.succeed().await;
        assert_eq!(breaker.snapshot().totals.slow, 0);
        next.succeed().await;

        assert_eq!(breaker.snapshot().totals.slow, 1, "one that began since is");
    }
}

#[tokio::test(start_paused = true)]
async fn given_a_call_of_each_of_many_settings_when_it_ends_then_it_is_held_against_its_own() {
    let breaker = breaker(settings().failure_threshold(u32::MAX).min_calls(100));
    let mut calls = Vec::new();
    for seconds in 1..=20 {
        set(&breaker, |c| c.slow_call(seconds * SECOND));
        calls.push(Flight::begin(&breaker));
    }
    advance(10 * SECOND + NANO).await;

    for call in calls {
        call.succeed().await;
    }

    assert_eq!(breaker.snapshot().totals.slow, 10, "those that were slow after 1 s to 10 s");
}

#[tokio::test(start_paused = true)]
async fn given_a_probe_when_slow_call_is_changed_then_it_is_held_against_the_one_it_began_under() {
    for (began, later, state) in [(1, 10, State::Open), (10, 1, State::Closed)] {
        let breaker = due(settings().slow_call(began * SECOND)).await;
        let probe = Flight::begin(&breaker);

        set(&breaker, |c| c.slow_call(later * SECOND));
        advance(5 * SECOND).await;
        probe.succeed().await;

        assert_eq!(breaker.state(), state);
    }
}

#[tokio::test(start_paused = true)]
async fn given_calls_in_flight_when_settings_are_changed_then_they_still_count() {
    let breaker = breaker(settings().window(Window::time(SECOND)).min_calls(1));
    let calls = [Flight::begin(&breaker), Flight::begin(&breaker), Flight::begin(&breaker)];
    let success = Flight::begin(&breaker);

    set(&breaker, |c| c.window(Window::calls(10)).response_times(false).reset_timeout(SECOND));
    success.succeed().await;
    assert_eq!(breaker.snapshot().failure_rate, Some(0.0));
    for call in calls {
        call.fail().await;
    }

    assert_eq!(breaker.state(), State::Open);
}

#[tokio::test(start_paused = true)]
async fn given_a_change_when_its_function_uses_the_breaker_itself_then_it_may() {
    let breaker = breaker(settings());

    set(&breaker, |c| {
        for _ in 0..2 {
            breaker.call_blocking(|| Err::<(), _>("refused")).unwrap_err();
        }
        let row = breaker.snapshot().consecutive_failures;
        breaker.reconfigure(|c| c.recovery_timeout(SECOND).failure_threshold(50)).unwrap();
        breaker.force_open();
        breaker.resume();
        c.failure_threshold(10 * row)
    });

    let config = breaker.config();
    assert_eq!((config.failure_threshold(), config.recovery_timeout()), (20, SECOND));
    assert_eq!(breaker.snapshot().consecutive_failures, 2);
}

#[tokio::test(start_paused = true)]
async fn given_a_change_when_its_function_panics_then_the_breaker_is_as_it_was() {
    let breaker = breaker(settings());

    let panic =
        std::panic::AssertUnwindSafe(|| breaker.reconfigure(|_| resume_unwind(Box::new(7))));
    std::panic::catch_unwind(panic).unwrap_err();

    assert_eq!(breaker.config(), settings().build().unwrap());
    open(&breaker).await;
}

#[test]
fn given_two_threads_when_each_changes_a_setting_of_its_own_then_no_change_is_lost() {
    let breaker = breaker(settings());

    thread::scope(|scope| {
        scope.spawn(|| (1..=500).for_each(|count| set(&breaker, |c| c.failure_threshold(count))));
        scope.spawn(|| (1..=500).for_each(|count| set(&breaker, |c| c.success_threshold(count))));
        for _ in 0..1000 {
            drop(breaker.call_blocking(|| Ok::<_, &str>(())));
        }
    });

    let config = breaker.config();
    assert_eq!((config.failure_threshold(), config.success_threshold()), (500, 500));
    assert_eq!(breaker.snapshot().totals.successes, 1000);
}

#[tokio::test(start_paused = true)]
async fn given_changes_when_they_are_told_of_then_each_setting_has_its_old_and_new_value() {
    let breaker = breaker(settings());
    let change = |setting, from: &str, to: &str| (setting, from.to_owned(), to.to_owned());

    set(&breaker, |c| c.failure_threshold(10).window(Window::time(10 * SECOND)).failure_rate(0.5));
    set(&breaker, |c| c.recovery_timeout(Duration::from_millis(1500)));
    set(&breaker, |c| c.service_type("database").response_times(false));

    let expected = [
        vec![
            change("failure_threshold", "3", "10"),
            change("failure_rate", "none", "0.5"),
            change("window", "100", "10s"),
        ],
        vec![
            change("recovery_timeout", "30s", "1s 500ms"),
            change("probe_timeout", "30s", "1s 500ms"),
        ],
        vec![
            change("service_type", "none", "\"database\""),
            // Of the preset.
            change("success_threshold", "1", "3"),
            change("response_times", "true", "false"),
        ],
    ];
    assert_eq!(changes(&breaker), expected);
}

#[tokio::test(start_paused = true)]
async fn given_a_change_when_it_changes_nothing_then_nothing_is_told() {
    let breaker = breaker(settings());

    set(&breaker, |c| c);
    set(&breaker, |c| c.failure_threshold(3).window(Window::calls(100)));

    assert_eq!(changes(&breaker).len(), 0);
}

#[tokio::test(start_paused = true)]
async fn given_a_listener_when_settings_are_changed_then_it_hears_after_the_change_is_made() {
    let registry = Registry::new();
    let mut events = registry.subscribe();
    let breaker = registry.get_or_register("orders", Config::default()).unwrap();

    set(&breaker, |c| c.failure_threshold(10));

    let event = events.try_recv().unwrap().unwrap();
    assert!(matches!(event, Event::ConfigChanged { .. }));
    assert_eq!(breaker.history(), [event]);
    assert_eq!(events.try_recv(), Ok(None));
}
