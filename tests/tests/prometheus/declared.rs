//! Annotated functions have their series before they are called.

use cb_runtime::{circuit_breaker, registry, testing};

use super::*;

#[circuit_breaker(name = "prometheus.declared", failure_threshold = 3)]
async fn one() -> anyhow::Result<()> {
    Ok(())
}

#[circuit_breaker(name = "prometheus.declared_keyed", key = key)]
async fn another(key: u32) -> anyhow::Result<u32> {
    Ok(key)
}

#[tokio::test]
async fn they_are_at_zero_before_the_first_call() {
    testing::isolated(async {
        for name in ["prometheus.declared", "prometheus.declared_keyed"] {
            let scrape = Scrape::of(registry());
            scrape.is(&format!(r#"calls_total{{name="{name}",outcome="success"}}"#), 0.0);
            scrape.is(&format!(r#"in_state{{name="{name}",state="closed"}}"#), 1.0);
        }
        one().await.unwrap();
        another(1).await.unwrap();
        for name in ["prometheus.declared", "prometheus.declared_keyed"] {
            let scrape = Scrape::of(registry());
            scrape.is(&format!(r#"calls_total{{name="{name}",outcome="success"}}"#), 1.0);
        }
    })
    .await;
}

#[test]
fn a_registry_of_a_programs_own_has_none_of_them() {
    assert_eq!(Scrape::of(&Registry::new()).0.len(), 0);
}
