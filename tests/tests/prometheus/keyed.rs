//! Keys are no labels, and what a breaker has counted outlives it.

use cb_runtime::{circuit_breaker, registry, testing};
use tokio::time::advance;

use super::*;

#[circuit_breaker(
    name = "prometheus.keyed",
    key = tenant,
    max_keys = 4,
    failure_threshold = 2,
    recovery_timeout = "30s"
)]
async fn ask(tenant: u32, up: bool) -> anyhow::Result<u32> {
    anyhow::ensure!(up, "down");
    Ok(tenant)
}

fn scrape() -> Scrape {
    Scrape::of(registry())
}

fn calls(outcome: &str) -> String {
    format!(r#"calls_total{{name="prometheus.keyed",outcome="{outcome}"}}"#)
}

#[tokio::test(start_paused = true)]
async fn the_breakers_of_all_keys_are_one_set_of_series() {
    testing::isolated(async {
        scrape().is(&calls("success"), 0.0);
        for tenant in 0..3 {
            ask(tenant, true).await.unwrap();
        }
        for _ in 0..2 {
            ask(0, false).await.unwrap_err();
        }
        ask(0, true).await.unwrap_err();
        advance(2 * SECOND).await;

        let found = scrape();

        found.is(&calls("success"), 3.0);
        found.is(&calls("failure"), 2.0);
        found.is(&calls("rejected"), 1.0);
        found.is(r#"state{name="prometheus.keyed"}"#, 2.0);
        found.is(r#"in_state{name="prometheus.keyed",state="open"}"#, 1.0);
        found.is(r#"in_state{name="prometheus.keyed",state="closed"}"#, 0.0);
        found.is(r#"open_seconds_total{name="prometheus.keyed"}"#, 2.0);
        assert!(!found.0.keys().any(|series| series.contains('[')), "{:#?}", found.0);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_key_that_makes_way_leaves_its_counts_behind() {
    testing::isolated(async {
        let mut earlier = scrape();
        for tenant in 0..40 {
            ask(tenant, true).await.unwrap();
            ask(tenant, false).await.unwrap_err();
            let now = scrape();
            now.has_only_grown_since(&earlier);
            earlier = now;
        }
        earlier.is(&calls("success"), 40.0);
        earlier.is(&calls("failure"), 40.0);
        earlier.is(r#"call_duration_seconds_count{name="prometheus.keyed"}"#, 80.0);
        assert_eq!(registry().iter().filter(|one| one.name().contains('[')).count(), 4);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn calls_under_way_count_when_their_breaker_is_gone() {
    testing::isolated(async {
        ask(1, true).await.unwrap();
        let taken_out = registry().remove("prometheus.keyed[1]").unwrap();
        let permit = taken_out.try_acquire().unwrap();
        scrape().is(&calls("success"), 1.0);
        permit.success();
        scrape().is(&calls("success"), 2.0);
        drop(taken_out);
        scrape().is(&calls("success"), 2.0);
        ask(1, true).await.unwrap();
        scrape().is(&calls("success"), 3.0);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn keys_without_a_place_are_in_the_same_series() {
    testing::isolated(async {
        for tenant in 0..4 {
            for _ in 0..2 {
                ask(tenant, false).await.unwrap_err();
            }
        }
        // All four are open, and none may go.
        ask(100, true).await.unwrap();
        ask(101, true).await.unwrap();

        let found = scrape();

        assert!(registry().get("prometheus.keyed").is_some());
        found.is(&calls("success"), 2.0);
        found.is(&calls("failure"), 8.0);
        found.is(r#"state{name="prometheus.keyed"}"#, 2.0);
    })
    .await;
}
