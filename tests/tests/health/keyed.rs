use cb_runtime::{Verdict, circuit_breaker, registry};

use super::*;

// The keyed breakers are the program's, whose registry has those of `declared` too.
#[circuit_breaker(
    name = "health.tenants",
    failure_threshold = 1,
    recovery_timeout = "30s",
    service_type = "tenants",
    key = tenant
)]
async fn ask(tenant: &str, down: bool) -> anyhow::Result<()> {
    if down { Err(anyhow::anyhow!("down")) } else { Ok(()) }
}

fn of_tenants(kind: AlertKind) -> Vec<String> {
    let alerts = registry().alerts().into_iter().filter(|alert| alert.kind == kind);
    let names = alerts.filter_map(|alert| alert.breaker);
    names.filter(|name| name.starts_with("health.tenants[")).collect()
}

#[tokio::test(start_paused = true)]
async fn each_key_is_a_breaker_of_its_own_and_is_advised_for_once() {
    for tenant in ["a", "b", "c"] {
        ask(tenant, false).await.unwrap();
    }
    ask("a", true).await.unwrap_err();
    ask("b", true).await.unwrap_err();

    let health = registry().health();
    let open = ["health.tenants[a]", "health.tenants[b]"];
    let found = health.open_breakers.iter().filter(|name| name.starts_with("health.tenants["));
    assert!(found.eq(open));
    assert!(health.breakers.total >= 3 && health.breakers.open >= 2);
    assert_ne!(health.verdict, Verdict::Healthy);
    assert_eq!(of_tenants(AlertKind::Transition), open);
    assert_eq!(of_tenants(AlertKind::OpenForLong), [""; 0]);

    advance(30 * SECOND).await;
    assert_eq!(of_tenants(AlertKind::HalfOpen), open);
    advance(HOUR).await;
    let advised: Vec<_> = registry()
        .recommendations()
        .into_iter()
        .filter(|advice| advice.breaker.starts_with("health.tenants["))
        .collect();
    let [advice] = &advised[..] else { panic!("one for both: {advised:?}") };
    assert_eq!(
        advice.to_string(),
        "`health.tenants[a]` was last closed 1h ago (last error: down): no call has tried it with \
         success since; consider a health_check, which does so without one (the same goes for 1 more of \
         `health.tenants`)"
    );
    registry().reset_by_type("tenants");
}

#[circuit_breaker(name = "health.lines", failure_threshold = 1, key = tenant)]
async fn answer(tenant: &str) -> anyhow::Result<()> {
    Err(anyhow::anyhow!("down\nERROR of {tenant}"))
}

#[tokio::test(start_paused = true)]
async fn what_is_told_of_them_is_one_line_whatever_the_key_and_the_error() {
    answer("a\nb").await.unwrap_err();
    advance(HOUR).await;

    let alerts = registry().alerts().into_iter().map(|alert| alert.text);
    let advice = registry().recommendations().into_iter().map(|advice| advice.text);
    let told: Vec<_> = alerts.chain(advice).filter(|text| text.contains("health.lines")).collect();
    assert!(told.len() >= 2, "{told:?}");
    for text in &told {
        assert!(!text.contains('\n') && text.contains(r"health.lines[a\nb]"), "{text}");
    }
    assert!(told.iter().any(|text| text.contains(r"down\nERROR of a\nb")), "{told:?}");
    registry().get("health.lines[a\nb]").unwrap().reset();
}
