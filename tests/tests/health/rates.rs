use std::time::SystemTime;

use cb_runtime::{AlertBounds, Window};

use super::*;

#[tokio::test(start_paused = true)]
async fn an_error_rate_just_over_its_bound_reads_so() {
    let registry = Registry::new();
    let breaker = make(&registry, "db", patient().window(Window::calls(1_000)).min_calls(10));
    for _ in 0..41 {
        fail(&breaker).await;
        for _ in 0..4 {
            succeed(&breaker).await;
        }
    }
    assert_eq!(find(&registry, AlertKind::ErrorRate), None, "41 of 205");
    fail(&breaker).await;
    let text = text(&registry, AlertKind::ErrorRate).expect("42 of 206 failed");
    assert_eq!(text, "20.4 % of the latest calls through `db` failed, over 20 %");
}

#[tokio::test(start_paused = true)]
async fn an_error_rate_over_its_bound_is_a_warning() {
    let registry = Registry::new();
    let breaker = make(&registry, "db", patient().window(Window::calls(10)).min_calls(10));
    for _ in 0..7 {
        succeed(&breaker).await;
    }
    for _ in 0..2 {
        fail(&breaker).await;
    }
    assert_eq!(find(&registry, AlertKind::ErrorRate), None, "below min_calls");
    succeed(&breaker).await;
    assert_eq!(find(&registry, AlertKind::ErrorRate), None, "20 % is not over 20 %");
    fail(&breaker).await;
    let alert = find(&registry, AlertKind::ErrorRate).expect("3 of 10 failed");
    assert_eq!(alert.severity, Severity::Warning);
    assert_eq!(alert.text, "30 % of the latest calls through `db` failed, over 20 %");
    assert_near(alert.since, SystemTime::now());

    advance(HOUR).await;
    let later = find(&registry, AlertKind::ErrorRate).expect("no call has come");
    assert_near(later.since + HOUR, SystemTime::now());
    breaker.disable();
    assert_eq!(find(&registry, AlertKind::ErrorRate), None, "nothing is counted");
    breaker.resume();
    let anew = find(&registry, AlertKind::ErrorRate).expect("its window is what it was");
    assert_near(anew.since, SystemTime::now());
    for _ in 0..8 {
        succeed(&breaker).await;
    }
    assert_eq!(find(&registry, AlertKind::ErrorRate), None, "2 of 10 failed");
}

#[tokio::test(start_paused = true)]
async fn an_error_rate_is_an_alert_from_one_call_above_its_bound() {
    // A third is none that a number with a point can be: 33 of 99 are as near to it as 1 of 3.
    for (bound, window, at) in [(0.2, 100, 20), (0.29, 100, 29), (1.0 / 3.0, 99, 33)] {
        let registry = Registry::new();
        registry.set_alert_bounds(AlertBounds::new().error_rate(bound)).unwrap();
        let breaker = make(&registry, "db", patient().window(Window::calls(window)));
        let warned = || find(&registry, AlertKind::ErrorRate).is_some();
        succeed(&breaker).await;
        for _ in 0..window - at {
            succeed(&breaker).await;
        }
        for _ in 0..at - 1 {
            fail(&breaker).await;
        }
        assert!(!warned(), "one below {bound} of {window}");
        fail(&breaker).await;
        assert!(!warned(), "{bound} of {window}");
        fail(&breaker).await;
        assert!(warned(), "one above {bound} of {window}");

        for _ in 0..window - at - 1 {
            succeed(&breaker).await;
        }
        assert!(warned(), "what leaves the window are successes");
        succeed(&breaker).await;
        assert!(!warned(), "a failure has left it: {bound} of {window}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_rate_of_a_window_of_time_goes_with_it() {
    let registry = Registry::new();
    let breaker = make(&registry, "db", patient().window(Window::time(MINUTE)));
    for _ in 0..10 {
        fail(&breaker).await;
    }
    assert!(find(&registry, AlertKind::ErrorRate).is_some());
    advance(MINUTE - SECOND).await;
    assert!(find(&registry, AlertKind::ErrorRate).is_some());
    // A slice of the window is a sixteenth of it.
    advance(5 * SECOND).await;
    assert_eq!(find(&registry, AlertKind::ErrorRate), None, "nothing is in it");
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_has_an_error_rate() {
    let registry = Registry::new();
    let breaker = make(&registry, "db", patient());
    breaker.metrics_only();
    for _ in 0..10 {
        fail(&breaker).await;
    }
    assert!(find(&registry, AlertKind::ErrorRate).is_some());
}

/// Opens at half of ten calls, and calls over a second are slow.
fn slow_settings() -> ConfigBuilder {
    patient().slow_call(SECOND).slow_call_rate(0.5).min_calls(10).recovery_timeout(MINUTE)
}

#[tokio::test(start_paused = true)]
async fn slow_calls_that_reach_their_rate_are_a_warning() {
    let registry = Registry::new();
    registry.set_alert_bounds(AlertBounds::new().slow_call_rate(0.3)).unwrap();
    let breaker = make(&registry, "db", slow_settings().window(Window::calls(10)));
    for _ in 0..7 {
        succeed(&breaker).await;
    }
    for _ in 0..2 {
        take(&breaker, 2 * SECOND).await;
    }
    succeed(&breaker).await;
    assert_eq!(find(&registry, AlertKind::SlowCalls), None, "2 of 10");
    take(&breaker, 2 * SECOND).await;
    let alert = find(&registry, AlertKind::SlowCalls).expect("3 of 10");
    assert_eq!(alert.severity, Severity::Warning);
    assert_eq!(alert.text, "30 % of the latest calls through `db` took longer than 1s");
    assert_near(alert.since, SystemTime::now());
    for _ in 0..8 {
        succeed(&breaker).await;
    }
    assert_eq!(find(&registry, AlertKind::SlowCalls), None, "2 of 10");
}

#[tokio::test(start_paused = true)]
async fn slow_calls_are_an_alert_from_their_bound_on() {
    let registry = Registry::new();
    registry.set_alert_bounds(AlertBounds::new().slow_call_rate(0.3)).unwrap();
    let breaker = make(&registry, "db", slow_settings().window(Window::calls(100)));
    let warned = || find(&registry, AlertKind::SlowCalls).is_some();
    for _ in 0..71 {
        succeed(&breaker).await;
    }
    for _ in 0..29 {
        take(&breaker, SECOND + NANO).await;
    }
    assert!(!warned(), "29 of 100");
    take(&breaker, SECOND).await;
    assert!(!warned(), "a call of slow_call itself is none");
    take(&breaker, SECOND + NANO).await;
    assert!(warned(), "30 of 100");
    take(&breaker, SECOND + NANO).await;
    assert!(warned(), "31 of 100");
    for _ in 0..69 {
        succeed(&breaker).await;
    }
    assert!(warned(), "30 of 100");
    succeed(&breaker).await;
    assert!(!warned(), "29 of 100");
}

#[tokio::test(start_paused = true)]
async fn without_a_bound_it_is_the_breakers_own_rate() {
    let registry = Registry::new();
    let breaker = make(&registry, "db", slow_settings().window(Window::calls(100)));
    for _ in 0..4 {
        take(&breaker, 2 * SECOND).await;
    }
    for _ in 0..4 {
        succeed(&breaker).await;
    }
    take(&breaker, 2 * SECOND).await;
    assert_eq!(find(&registry, AlertKind::SlowCalls), None, "below min_calls");
    // The tenth call is quick, and a quick success opens nothing.
    succeed(&breaker).await;
    assert_eq!(breaker.state(), State::Closed);
    assert_eq!(
        text(&registry, AlertKind::SlowCalls).as_deref(),
        Some("50 % of the latest calls through `db` took longer than 1s")
    );

    take(&breaker, 2 * SECOND).await;
    assert_eq!(breaker.state(), State::Open);
    assert_eq!(
        text(&registry, AlertKind::SlowCalls).as_deref(),
        Some("circuit breaker `db` opened for slow calls: 6 of 11 calls were slow")
    );
    recover(&breaker).await;
    assert_eq!(find(&registry, AlertKind::SlowCalls), None);
}

#[tokio::test(start_paused = true)]
async fn a_p95_twice_its_earlier_value_is_a_warning() {
    let registry = Registry::new();
    let breaker = make(&registry, "db", patient());
    let calls = async |calls: u32, millis: u64| {
        for _ in 0..calls {
            take(&breaker, Duration::from_millis(millis)).await;
        }
    };
    calls(100, 100).await;
    assert_eq!(find(&registry, AlertKind::ResponseTime), None, "nothing to compare with");
    calls(100, 150).await;
    assert_eq!(find(&registry, AlertKind::ResponseTime), None, "half more");
    calls(19, 300).await;
    let alert = find(&registry, AlertKind::ResponseTime).expect("three times");
    assert_eq!(alert.severity, Severity::Warning);
    assert!(alert.text.starts_with("the p95 of calls through `db` is "), "{alert}");
    assert_near(alert.since, SystemTime::now());

    // A mark is made after five minutes, and one period later there is nothing late any more.
    advance(5 * MINUTE).await;
    let later = find(&registry, AlertKind::ResponseTime).expect("in the present period");
    assert!(later.since < SystemTime::now() - 4 * MINUTE, "since the look that first saw it");
    advance(5 * MINUTE - NANO).await;
    assert!(find(&registry, AlertKind::ResponseTime).is_some());
    advance(NANO).await;
    assert_eq!(find(&registry, AlertKind::ResponseTime), None);
}

/// As a p95 is known within a fifth, twice is: a third more is never twice, and three times always is.
#[tokio::test(start_paused = true)]
async fn a_p95_is_compared_as_exactly_as_it_is_known() {
    for millis in [100, 130, 170, 200, 1000, 1100, 7000] {
        for (percent, expected) in
            [(50, false), (100, false), (133, false), (300, true), (800, true)]
        {
            let registry = Registry::new();
            let breaker = make(&registry, "db", patient());
            for _ in 0..20 {
                take(&breaker, Duration::from_millis(millis)).await;
            }
            assert_eq!(find(&registry, AlertKind::ResponseTime), None);
            for _ in 0..20 {
                take(&breaker, Duration::from_millis(millis * percent / 100)).await;
            }
            let found = find(&registry, AlertKind::ResponseTime).is_some();
            assert_eq!(found, expected, "{percent} % of {millis} ms");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_p95_that_is_what_it_was_is_no_warning_any_more() {
    let registry = Registry::new();
    let breaker = make(&registry, "db", patient());
    let calls = async |calls: u32, millis: u64| {
        for _ in 0..calls {
            take(&breaker, Duration::from_millis(millis)).await;
        }
    };
    let warned = || find(&registry, AlertKind::ResponseTime).is_some();
    calls(100, 10).await;
    assert!(!warned());
    calls(19, 100).await;
    assert!(!warned(), "too few to tell");
    calls(1, 100).await;
    assert!(warned());
    calls(379, 10).await;
    assert!(warned(), "20 of 399 are more than 5 of 100");
    calls(1, 10).await;
    assert!(!warned(), "20 of 400");
}

#[tokio::test(start_paused = true)]
async fn what_was_seen_of_a_breaker_goes_with_it() {
    let registry = Registry::new();
    let breaker = make(&registry, "db", patient());
    for _ in 0..100 {
        take(&breaker, Duration::from_millis(10)).await;
    }
    registry.alerts();
    registry.remove("db");
    let another = make(&registry, "db", patient());
    for _ in 0..100 {
        take(&another, Duration::from_millis(100)).await;
    }
    assert_eq!(find(&registry, AlertKind::ResponseTime), None);
}
