use cb_runtime::AlertBounds;

use super::*;

#[test]
fn a_bound_out_of_its_range_changes_nothing() {
    let registry = Registry::new();
    let bounds = AlertBounds::new;
    let wrong = [
        ("floor", bounds().floor(1.1)),
        ("floor", bounds().floor(f64::NAN)),
        ("several_opened", bounds().several_opened(0)),
        ("several_within", bounds().several_within(Duration::ZERO)),
        ("open_for", bounds().open_for(Duration::ZERO)),
        ("error_rate", bounds().error_rate(20.0)),
        ("slow_call_rate", bounds().slow_call_rate(0.0)),
        ("p95_factor", bounds().p95_factor(1.0)),
        ("p95_period", bounds().p95_period(Duration::ZERO)),
        ("recent", bounds().recent(Duration::ZERO)),
    ];
    for (field, wrong) in wrong {
        let error = registry.set_alert_bounds(wrong).unwrap_err();
        assert_eq!(error.field(), field);
        assert_eq!(registry.alert_bounds(), AlertBounds::default());
    }
}

#[test]
fn the_most_and_the_least_that_can_be_set_overflow_nothing() {
    let registry = Registry::new();
    let most = AlertBounds::new()
        .floor(1.0)
        .several_opened(u32::MAX)
        .several_within(Duration::MAX)
        .open_for(Duration::MAX)
        .error_rate(1.0)
        .slow_call_rate(1.0)
        .p95_factor(f64::MAX)
        .p95_period(Duration::MAX)
        .recent(Duration::MAX);
    registry.set_alert_bounds(most).unwrap();
    make(&registry, "db", settings()).force_open();
    assert_eq!(kinds(&registry), [AlertKind::Transition]);
    assert!(!registry.should_continue());
}

#[tokio::test(start_paused = true)]
async fn registries_have_bounds_of_their_own() {
    let (one, other) = (Registry::new(), Registry::new());
    one.set_alert_bounds(AlertBounds::new().open_for(SECOND)).unwrap();
    for registry in [&one, &other] {
        open(&make(registry, "db", settings())).await;
    }
    advance(SECOND + NANO).await;
    assert!(find(&one, AlertKind::OpenForLong).is_some());
    assert!(find(&other, AlertKind::OpenForLong).is_none());
}
