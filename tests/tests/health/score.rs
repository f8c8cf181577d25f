use cb_runtime::{AlertBounds, BreakerCounts, Verdict};

use super::*;

#[derive(Clone, Copy, PartialEq, Debug)]
enum Is {
    Closed,
    Open,
    HalfOpen,
    ForcedOpen,
    Disabled,
    /// Disabled while it was open.
    DisabledOpen,
    MetricsOnly,
}

async fn put(breaker: &CircuitBreaker, is: Is) {
    match is {
        Is::Closed => {}
        // The open time of a half-open one is over when the test looks.
        Is::Open | Is::HalfOpen => open(breaker).await,
        Is::ForcedOpen => breaker.force_open(),
        Is::Disabled => breaker.disable(),
        Is::DisabledOpen => {
            open(breaker).await;
            breaker.disable();
        }
        Is::MetricsOnly => breaker.metrics_only(),
    }
}

async fn registry_of(breakers: &[(bool, Is)]) -> Registry {
    let registry = Registry::new();
    for (number, &(critical, is)) in breakers.iter().enumerate() {
        let open_time = if is == Is::HalfOpen { SECOND } else { MINUTE };
        let settings = settings().critical(critical).recovery_timeout(open_time);
        put(&make(&registry, &format!("b{number}"), settings), is).await;
    }
    advance(SECOND).await;
    registry
}

#[tokio::test(start_paused = true)]
async fn scores_and_verdicts_go_by_what_calls_meet() {
    use Is::{Closed, Disabled, DisabledOpen, ForcedOpen, HalfOpen, MetricsOnly, Open};
    use Verdict::{Degraded, Failed, Healthy};
    type Row<'a> = (&'a [(bool, Is)], f64, Verdict);
    let table: [Row<'_>; 16] = [
        (&[], 1.0, Healthy),
        (&[(false, Closed)], 1.0, Healthy),
        (&[(true, Closed), (false, Closed)], 1.0, Healthy),
        (&[(false, Closed), (false, Open)], 0.5, Degraded),
        (&[(false, Closed), (false, Open), (false, Open)], 1.0 / 3.0, Failed),
        (&[(true, Closed), (false, Open)], 2.0 / 3.0, Degraded),
        (&[(true, Closed), (false, Open), (false, Open)], 0.5, Degraded),
        (&[(true, Open), (false, Closed), (false, Closed)], 0.5, Failed),
        (&[(true, Open), (true, Closed), (true, Closed)], 2.0 / 3.0, Failed),
        (&[(true, ForcedOpen), (true, Closed), (true, Closed)], 2.0 / 3.0, Failed),
        (&[(false, ForcedOpen), (false, Closed)], 0.5, Degraded),
        (&[(true, HalfOpen), (false, Closed)], 1.0 / 3.0, Degraded),
        (&[(false, HalfOpen)], 0.0, Degraded),
        (&[(true, Disabled), (true, DisabledOpen), (true, MetricsOnly)], 1.0, Healthy),
        (&[(false, DisabledOpen), (false, Open)], 0.5, Degraded),
        (&[(false, HalfOpen), (false, Open), (false, Open)], 0.0, Failed),
    ];
    for (breakers, score, verdict) in table {
        let registry = registry_of(breakers).await;
        let health = registry.health();
        assert!((health.score - score).abs() < 1e-12, "{breakers:?}: {}", health.score);
        assert_eq!(health.verdict, verdict, "{breakers:?}");
        assert_eq!(health.all_closed, verdict == Healthy, "{breakers:?}");
        assert_eq!(registry.should_continue(), verdict != Failed, "{breakers:?}");
        let down = |critical_only: bool| -> Vec<String> {
            let is_open = |(critical, is): (bool, Is)| {
                matches!(is, Open | ForcedOpen) && (critical || !critical_only)
            };
            let numbers = (0..).zip(breakers).filter(|(_, breaker)| is_open(**breaker));
            numbers.map(|(number, _): (u32, _)| format!("b{number}")).collect()
        };
        assert_eq!(health.open_breakers, down(false), "{breakers:?}");
        assert_eq!(health.critical_down, down(true), "{breakers:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_counts_add_up() {
    use Is::{Closed, Disabled, DisabledOpen, ForcedOpen, HalfOpen, MetricsOnly, Open};
    let of = [Closed, Closed, Open, ForcedOpen, ForcedOpen, HalfOpen, Disabled, DisabledOpen];
    let of: Vec<_> = of.into_iter().chain([MetricsOnly]).map(|is| (false, is)).collect();
    let BreakerCounts {
        total, closed, open, half_open, forced_open, disabled, metrics_only, ..
    } = registry_of(&of).await.health().breakers;
    assert_eq!((total, closed, open, half_open), (9, 5, 3, 1));
    assert_eq!((forced_open, disabled, metrics_only), (2, 2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_mode_that_has_run_out_is_none_though_no_call_has_come() {
    let registry = Registry::new();
    let breaker = make(&registry, "db", settings().critical(true));
    breaker.force_open_for(MINUTE);
    advance(MINUTE - NANO).await;
    assert!(!registry.should_continue());
    assert_eq!(registry.health().verdict, Verdict::Failed);
    advance(NANO).await;
    assert!(registry.should_continue());
    assert_eq!(registry.health().verdict, Verdict::Healthy);
    assert_eq!(find(&registry, AlertKind::CriticalOpen), None);
}

#[tokio::test(start_paused = true)]
async fn a_program_that_stopped_for_an_open_breaker_goes_on_when_it_may_be_probed() {
    let registry = Registry::new();
    let breaker = make(&registry, "db", settings().critical(true));
    open(&breaker).await;
    advance(30 * SECOND - NANO).await;
    assert!(!registry.should_continue());
    advance(NANO).await;
    assert!(registry.should_continue(), "or it would never close");
}

#[tokio::test(start_paused = true)]
async fn the_floor_can_be_set() {
    let registry = registry_of(&[(false, Is::Closed), (false, Is::Open)]).await;
    for (floor, verdict) in [(0.51, Verdict::Failed), (0.5, Verdict::Degraded)] {
        registry.set_alert_bounds(AlertBounds::new().floor(floor)).unwrap();
        assert_eq!(registry.health().verdict, verdict);
        assert_eq!(registry.should_continue(), verdict == Verdict::Degraded);
    }
}

#[tokio::test(start_paused = true)]
async fn error_rate_and_response_times_are_over_all_calls_of_all() {
    let registry = Registry::new();
    let (one, other) = (make(&registry, "one", patient()), make(&registry, "other", patient()));
    let health = registry.health();
    assert_eq!((health.error_rate, health.response_times), (None, None));

    for _ in 0..30 {
        take(&one, 100 * SECOND / 1000).await;
    }
    take(&other, SECOND).await;
    for _ in 0..9 {
        fail(&other).await;
    }

    let health = registry.health();
    assert_eq!(health.error_rate, Some(9.0 / 40.0));
    let times = health.response_times.expect("calls were timed");
    assert_eq!((times.timed, times.max), (40, SECOND));
    assert_eq!(times.mean, Duration::from_millis(100), "4 s in 40 calls");
    let p50 = times.p50.as_secs_f64();
    assert!((p50 / 0.1 - 1.0).abs() < 0.35, "read off a histogram: {p50}");
}

#[tokio::test(start_paused = true)]
async fn health_as_json() {
    let registry = registry_of(&[(true, Is::Closed), (true, Is::ForcedOpen)]).await;
    let json = serde_json::to_value(registry.health()).unwrap();
    let expected = serde_json::json!({
        "verdict": "failed",
        "score": 0.5,
        "all_closed": false,
        "breakers": {
            "total": 2, "closed": 1, "open": 1, "half_open": 0,
            "forced_open": 1, "disabled": 0, "metrics_only": 0,
        },
        "critical_down": ["b1"],
        "open_breakers": ["b1"],
        "error_rate": null,
        "response_times": null,
        "store_connected": null,
        "recommendations": [],
    });
    assert_eq!(json, expected);
    assert_eq!(Verdict::Failed.to_string(), "failed");
}
