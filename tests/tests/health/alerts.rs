use std::time::SystemTime;

use cb_runtime::AlertBounds;

use super::*;

#[tokio::test(start_paused = true)]
async fn given_nothing_to_say_when_alerts_are_asked_for_then_there_are_none() {
    let registry = Registry::new();
    assert_eq!(registry.alerts(), []);
    let breaker = make(&registry, "db", settings().critical(true));
    assert_eq!(registry.alerts(), []);
    succeed(&breaker).await;
    assert_eq!(registry.alerts(), []);
}

#[tokio::test(start_paused = true)]
async fn a_critical_breaker_is_an_alert_while_it_is_open() {
    let registry = Registry::new();
    let breaker = make(&registry, "db", settings().critical(true));
    fail(&breaker).await;
    assert_eq!(find(&registry, AlertKind::CriticalOpen), None);
    fail(&breaker).await;
    let opened = SystemTime::now();

    let alert = find(&registry, AlertKind::CriticalOpen).expect("it is open");
    assert_eq!(alert.severity, Severity::Critical);
    assert_eq!(alert.breaker.as_deref(), Some("db"));
    assert_eq!(
        alert.to_string(),
        "critical circuit breaker `db` is open: 2 failures in a row; next probe in 30s"
    );
    assert_near(alert.since, opened);

    advance(30 * SECOND - NANO).await;
    assert!(find(&registry, AlertKind::CriticalOpen).is_some());
    advance(NANO).await;
    assert_eq!(kinds(&registry), [AlertKind::HalfOpen, AlertKind::Transition]);
    fail(&breaker).await;
    let again = find(&registry, AlertKind::CriticalOpen).expect("it is open again");
    assert_near(again.since + 30 * SECOND, SystemTime::now());
    recover(&breaker).await;
    assert_eq!(find(&registry, AlertKind::CriticalOpen), None);
}

#[tokio::test(start_paused = true)]
async fn a_critical_breaker_is_an_alert_while_it_is_forced_open_and_not_while_calls_pass() {
    let registry = Registry::new();
    let breaker = make(&registry, "db", settings().critical(true));
    breaker.force_open();
    assert_eq!(
        text(&registry, AlertKind::CriticalOpen).as_deref(),
        Some("critical circuit breaker `db` is forced open")
    );
    breaker.resume();
    assert_eq!(find(&registry, AlertKind::CriticalOpen), None);

    open(&breaker).await;
    for pass in [CircuitBreaker::disable, CircuitBreaker::metrics_only] {
        pass(&breaker);
        assert_eq!(find(&registry, AlertKind::CriticalOpen), None);
        assert_eq!(find(&registry, AlertKind::HalfOpen), None);
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_becomes_critical_while_it_is_open_is_an_alert_from_then_on() {
    let registry = Registry::new();
    let breaker = make(&registry, "db", settings());
    open(&breaker).await;
    assert_eq!(find(&registry, AlertKind::CriticalOpen), None);
    breaker.reconfigure(|settings| settings.critical(true)).unwrap();
    assert!(find(&registry, AlertKind::CriticalOpen).is_some());
    breaker.reconfigure(|settings| settings.critical(false)).unwrap();
    assert_eq!(find(&registry, AlertKind::CriticalOpen), None);
}

#[tokio::test(start_paused = true)]
async fn others_that_are_open_are_none_for_five_minutes() {
    let registry = Registry::new();
    let breaker = make(&registry, "db", settings().recovery_timeout(HOUR));
    open(&breaker).await;
    assert_eq!(kinds(&registry), [AlertKind::Transition]);
    advance(5 * MINUTE).await;
    assert_eq!(kinds(&registry), [AlertKind::Transition]);
    advance(NANO).await;
    assert_eq!(kinds(&registry), [AlertKind::OpenForLong]);

    let alert = find(&registry, AlertKind::OpenForLong).expect("it is open for long");
    assert_eq!(alert.severity, Severity::Critical);
    assert_eq!(
        alert.text,
        "circuit breaker `db` was last closed 5m ago and is open: 2 failures in a row; \
         next probe in 54m 59s"
    );
    assert_near(alert.since + 5 * MINUTE, SystemTime::now());
    breaker.reset();
    assert_eq!(kinds(&registry), [AlertKind::Recovery]);
}

#[tokio::test(start_paused = true)]
async fn a_failed_probe_does_not_begin_the_outage_anew() {
    let registry = Registry::new();
    let breaker = make(&registry, "db", settings().recovery_timeout(MINUTE));
    open(&breaker).await;
    for _ in 0..5 {
        assert_eq!(find(&registry, AlertKind::OpenForLong), None);
        reopen(&breaker).await;
    }
    assert_eq!(find(&registry, AlertKind::OpenForLong), None, "5 minutes to the nanosecond");
    advance(NANO).await;
    let alert = find(&registry, AlertKind::OpenForLong).expect("it is open for long");
    assert_near(alert.since + 5 * MINUTE, SystemTime::now());
    // More events than are kept.
    for _ in 0..100 {
        reopen(&breaker).await;
    }
    let later = find(&registry, AlertKind::OpenForLong).expect("it is open for long");
    assert_near(later.since, alert.since - 100 * MINUTE);

    recover(&breaker).await;
    open(&breaker).await;
    assert_eq!(find(&registry, AlertKind::OpenForLong), None, "another outage");
}

#[tokio::test(start_paused = true)]
async fn one_that_is_open_for_long_is_none_while_it_is_tried_again() {
    let registry = Registry::new();
    let breaker = make(&registry, "db", settings().recovery_timeout(5 * MINUTE + SECOND));
    open(&breaker).await;
    advance(5 * MINUTE + NANO).await;
    assert!(find(&registry, AlertKind::OpenForLong).is_some());
    advance(SECOND - NANO).await;
    assert_eq!(kinds(&registry), [AlertKind::HalfOpen]);
    fail(&breaker).await;
    let again = find(&registry, AlertKind::OpenForLong).expect("the probe failed");
    assert_near(again.since + 5 * MINUTE, SystemTime::now());
    recover(&breaker).await;
    assert_eq!(find(&registry, AlertKind::OpenForLong), None);
}

#[tokio::test(start_paused = true)]
async fn one_that_is_forced_open_for_long_is_meant_to_be() {
    let registry = Registry::new();
    make(&registry, "db", settings()).force_open();
    advance(HOUR).await;
    assert_eq!(registry.alerts(), []);
}

#[tokio::test(start_paused = true)]
async fn several_that_open_within_a_minute_are_an_alert() {
    let registry = Registry::new();
    let breakers = ["a", "b", "c", "d"];
    let breakers = breakers.map(|name| make(&registry, name, settings().recovery_timeout(HOUR)));
    open(&breakers[0]).await;
    advance(MINUTE).await;
    open(&breakers[1]).await;
    assert_eq!(find(&registry, AlertKind::SeveralOpened), None);
    open(&breakers[2]).await;

    let alert = find(&registry, AlertKind::SeveralOpened).expect("three opened");
    assert_eq!((alert.severity, alert.breaker), (Severity::Critical, None));
    assert_eq!(alert.text, "3 circuit breakers opened within 1m: `a`, `b`, `c`");
    assert_near(alert.since, SystemTime::now());
    advance(NANO).await;
    assert_eq!(find(&registry, AlertKind::SeveralOpened), None, "the first is over a minute old");

    open(&breakers[3]).await;
    assert!(find(&registry, AlertKind::SeveralOpened).is_some());
    advance(MINUTE - NANO).await;
    assert!(find(&registry, AlertKind::SeveralOpened).is_some());
    advance(NANO).await;
    assert_eq!(find(&registry, AlertKind::SeveralOpened), None);
}

#[tokio::test(start_paused = true)]
async fn how_many_are_several_and_within_how_long_can_be_set() {
    let registry = Registry::new();
    let bounds = AlertBounds::new().several_opened(2).several_within(SECOND);
    registry.set_alert_bounds(bounds).unwrap();
    let breakers = ["a", "b", "c"].map(|name| make(&registry, name, settings()));
    let found = || text(&registry, AlertKind::SeveralOpened);
    open(&breakers[0]).await;
    assert_eq!(found(), None, "one below the bound");
    open(&breakers[1]).await;
    let two = "2 circuit breakers opened within 1s: `a`, `b`";
    assert_eq!(found().as_deref(), Some(two), "at the bound");
    open(&breakers[2]).await;
    let three = "3 circuit breakers opened within 1s: `a`, `b`, `c`";
    assert_eq!(found().as_deref(), Some(three), "one above it");
    advance(SECOND).await;
    assert_eq!(found().as_deref(), Some(three));
    advance(NANO).await;
    assert_eq!(found(), None);
}

#[tokio::test(start_paused = true)]
async fn neither_those_forced_open_nor_those_that_reopen_are_several() {
    let registry = Registry::new();
    let breakers = ["a", "b", "c"].map(|name| make(&registry, name, settings()));
    for breaker in &breakers {
        breaker.force_open();
    }
    assert_eq!(find(&registry, AlertKind::SeveralOpened), None);
    for breaker in &breakers {
        breaker.resume();
        open(breaker).await;
    }
    assert!(find(&registry, AlertKind::SeveralOpened).is_some());
    advance(MINUTE + NANO).await;
    for breaker in &breakers {
        fail(breaker).await;
        assert_eq!(breaker.state(), State::Open);
    }
    assert_eq!(find(&registry, AlertKind::SeveralOpened), None);
}

#[tokio::test(start_paused = true)]
async fn one_that_opens_again_and_again_is_not_several_but_one_that_has_closed_since_counts() {
    let registry = Registry::new();
    let breakers =
        ["a", "b", "c"].map(|name| make(&registry, name, settings().recovery_timeout(SECOND)));
    for _ in 0..5 {
        open(&breakers[0]).await;
        recover(&breakers[0]).await;
    }
    assert_eq!(find(&registry, AlertKind::SeveralOpened), None);
    for breaker in &breakers[1..] {
        open(breaker).await;
        recover(breaker).await;
    }
    assert!(find(&registry, AlertKind::SeveralOpened).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_half_open_breaker_is_a_warning_until_it_closes_or_opens() {
    let registry = Registry::new();
    let breaker = make(&registry, "db", settings().success_threshold(2));
    open(&breaker).await;
    advance(30 * SECOND - NANO).await;
    assert_eq!(find(&registry, AlertKind::HalfOpen), None);
    advance(NANO).await;
    let alert = find(&registry, AlertKind::HalfOpen).expect("the open time is over");
    assert_eq!(alert.severity, Severity::Warning);
    assert_eq!(alert.text, "circuit breaker `db` is half-open: 2 good probes will close it");
    assert_near(alert.since, SystemTime::now());
    advance(HOUR).await;
    let alert = find(&registry, AlertKind::HalfOpen).expect("nobody called");
    assert_near(alert.since + HOUR, SystemTime::now());

    fail(&breaker).await;
    assert_eq!(find(&registry, AlertKind::HalfOpen), None);
    advance(30 * SECOND).await;
    succeed(&breaker).await;
    assert!(find(&registry, AlertKind::HalfOpen).is_some());
    succeed(&breaker).await;
    assert_eq!(find(&registry, AlertKind::HalfOpen), None);
}

#[tokio::test(start_paused = true)]
async fn what_happened_is_told_for_five_minutes() {
    let registry = Registry::new();
    let breaker = make(&registry, "db", settings());
    open(&breaker).await;
    let alert = find(&registry, AlertKind::Transition).expect("it opened");
    assert_eq!(alert.severity, Severity::Info);
    assert_eq!(alert.text, "circuit breaker `db` became open: 2 failures in a row");
    recover(&breaker).await;
    assert_eq!(
        text(&registry, AlertKind::Recovery).as_deref(),
        Some("circuit breaker `db` is closed again: a probe succeeded")
    );
    assert_eq!(
        text(&registry, AlertKind::Transition).as_deref(),
        Some(
            "circuit breaker `db` became half-open: the open time was over (the latest of 2 such \
             changes in 5m)"
        )
    );
    breaker.reconfigure(|settings| settings.failure_threshold(3).critical(true)).unwrap();
    let alert = find(&registry, AlertKind::ConfigChanged).expect("settings were changed");
    assert_eq!(alert.severity, Severity::Info);
    assert_eq!(
        alert.text,
        "settings of circuit breaker `db` were changed: `critical` from false to true, \
         `failure_threshold` from 2 to 3"
    );

    let all = [AlertKind::Transition, AlertKind::Recovery, AlertKind::ConfigChanged];
    advance(5 * MINUTE).await;
    assert_eq!(kinds(&registry), all);
    advance(NANO).await;
    assert_eq!(registry.alerts(), []);
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_is_told_of_as_one() {
    let registry = Registry::new();
    let breaker = make(&registry, "db", settings().critical(true));
    breaker.metrics_only();
    for _ in 0..2 {
        fail(&breaker).await;
    }
    assert_eq!(kinds(&registry), [AlertKind::Transition]);
    assert_eq!(
        text(&registry, AlertKind::Transition).as_deref(),
        Some("circuit breaker `db` would have become open: 2 failures in a row")
    );
    let bounds = AlertBounds::new().several_opened(1);
    registry.set_alert_bounds(bounds).unwrap();
    assert_eq!(find(&registry, AlertKind::SeveralOpened), None, "it did not open");
}

#[tokio::test(start_paused = true)]
async fn the_worst_come_first_and_then_they_go_by_name() {
    let registry = Registry::new();
    for name in ["b", "a"] {
        let breaker = make(&registry, name, settings().critical(true));
        open(&breaker).await;
    }
    open(&make(&registry, "c", settings().recovery_timeout(NANO))).await;
    advance(NANO).await;
    let found: Vec<_> = registry
        .alerts()
        .into_iter()
        .map(|alert| (alert.severity.to_string(), alert.breaker.unwrap_or_default()))
        .collect();
    let expected = [
        ("critical", ""),
        ("critical", "a"),
        ("critical", "b"),
        ("warning", "c"),
        ("info", "a"),
        ("info", "b"),
        ("info", "c"),
    ];
    assert_eq!(found, expected.map(|(severity, name)| (severity.to_owned(), name.to_owned())));
}

#[tokio::test(start_paused = true)]
async fn an_alert_as_json() {
    let registry = Registry::new();
    make(&registry, "db", settings().critical(true)).force_open();
    let mut json = serde_json::to_value(&registry.alerts()[0]).unwrap();
    let since = json.as_object_mut().unwrap().remove("since").unwrap();
    assert!(since.as_str().unwrap().ends_with('Z'), "{since}");
    let expected = serde_json::json!({
        "severity": "critical",
        "kind": "critical_open",
        "breaker": "db",
        "text": "critical circuit breaker `db` is forced open",
    });
    assert_eq!(json, expected);
}
