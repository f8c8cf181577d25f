//! The time that calls meet an open breaker.

use tokio::time::advance;

use super::*;

#[track_caller]
fn open_seconds(registry: &Registry, seconds: u32) {
    Scrape::of(registry).is(r#"open_seconds_total{name="db"}"#, seconds.into());
}

#[tokio::test(start_paused = true)]
async fn it_ends_with_the_open_time_whether_a_probe_comes_or_not() {
    let registry = Registry::new();
    let db = make(&registry, "db", settings());
    fail(&db);
    fail(&db);
    open_seconds(&registry, 0);
    advance(10 * SECOND).await;
    open_seconds(&registry, 10);
    advance(110 * SECOND).await;
    open_seconds(&registry, 30);
    Scrape::of(&registry).is(r#"state{name="db"}"#, 1.0);

    fail(&db);
    advance(5 * SECOND).await;
    open_seconds(&registry, 35);
    db.reset();
    advance(5 * SECOND).await;
    open_seconds(&registry, 35);
}

#[tokio::test(start_paused = true)]
async fn a_forced_opening_is_one_with_the_breakers_own() {
    let registry = Registry::new();
    let db = make(&registry, "db", settings());
    db.force_open_for(20 * SECOND);
    advance(10 * SECOND).await;
    open_seconds(&registry, 10);
    advance(100 * SECOND).await;
    open_seconds(&registry, 20);

    fail(&db);
    fail(&db);
    advance(10 * SECOND).await;
    db.force_open_for(5 * SECOND);
    advance(100 * SECOND).await;
    open_seconds(&registry, 20 + 30);
    succeed(&db);
    open_seconds(&registry, 50);
}

#[tokio::test(start_paused = true)]
async fn a_disabled_breaker_is_closed_to_calls_until_its_time_is_up() {
    let registry = Registry::new();
    let db = make(&registry, "db", settings());
    fail(&db);
    fail(&db);
    advance(5 * SECOND).await;
    db.disable_for(10 * SECOND);
    Scrape::of(&registry).is(r#"state{name="db"}"#, 0.0);
    advance(10 * SECOND).await;
    open_seconds(&registry, 5);
    Scrape::of(&registry).is(r#"state{name="db"}"#, 2.0);
    advance(100 * SECOND).await;
    open_seconds(&registry, 5 + 15);
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_takes_none() {
    let registry = Registry::new();
    let db = make(&registry, "db", settings());
    db.metrics_only();
    fail(&db);
    fail(&db);
    advance(10 * SECOND).await;
    open_seconds(&registry, 0);
    Scrape::of(&registry).is(r#"state{name="db"}"#, 0.0);
}
