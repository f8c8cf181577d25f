//! Breakers without a key that are taken out.

use cb_runtime::{circuit_breaker, registry, testing};

use super::*;

#[circuit_breaker(name = "prometheus.removed", failure_threshold = 2)]
async fn ask(up: bool) -> anyhow::Result<()> {
    anyhow::ensure!(up, "down");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_annotated_functions_breaker_goes_on_where_the_one_before_was() {
    testing::isolated(async {
        let mut earlier = Scrape::of(registry());
        for round in 1..=3 {
            ask(true).await.unwrap();
            ask(false).await.unwrap_err();
            ask(false).await.unwrap_err();
            registry().remove("prometheus.removed").unwrap();
            let now = Scrape::of(registry());
            now.has_only_grown_since(&earlier);
            now.is(
                r#"trips_total{name="prometheus.removed",reason="consecutive_failures"}"#,
                round.into(),
            );
            now.is(r#"state{name="prometheus.removed"}"#, 0.0);
            earlier = now;
        }
    })
    .await;
}

#[test]
fn of_others_nothing_is_left() {
    let registry = Registry::new();
    succeed(&make(&registry, "db", settings()));
    registry.remove("db").unwrap();
    assert_eq!(Scrape::of(&registry).0.len(), 0);
    make(&registry, "db", settings());
    Scrape::of(&registry).is(r#"calls_total{name="db",outcome="success"}"#, 0.0);
}
