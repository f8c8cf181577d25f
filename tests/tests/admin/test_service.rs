//! Health checks that are run on demand.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use cb_runtime::{Config, ConfigBuilder, HealthCheck, HealthFuture};
use serde_json::json;

use crate::server::server;

fn checked(name: &'static str, check: fn() -> HealthFuture) -> ConfigBuilder {
    Config::builder().health_check(HealthCheck::new(name, check))
}

#[tokio::test]
async fn a_check_is_run_so_often_and_outside_the_breakers_counts() {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    fn every_other() -> HealthFuture {
        Box::pin(async {
            if RUNS.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) {
                Ok(())
            } else {
                Err("no answer\n".to_owned())
            }
        })
    }
    let server = server().await;
    let breaker = server.breaker("db", checked("every_other", every_other));

    let body = json!({"service_name": "db", "test_type": "health", "iterations": 4});
    let tested = server.post("/test-service", body).await.json();

    assert_eq!(tested["service_name"], "db");
    assert_eq!(tested["healthy"], false);
    assert_eq!((&tested["passed"], &tested["failed"]), (&json!(2), &json!(2)));
    assert_eq!(tested["iterations"][0]["ok"], true);
    assert_eq!(tested["iterations"][1]["error"], "no answer\n");
    assert!(tested["iterations"][3]["seconds"].is_f64());
    assert_eq!(
        breaker.snapshot().totals,
        cb_runtime::CircuitBreaker::new("x", Config::default()).snapshot().totals
    );
    assert!(breaker.history().is_empty());
}

#[tokio::test]
async fn a_check_that_panics_or_hangs_is_a_failed_one() {
    fn panics() -> HealthFuture {
        panic!("before it begins")
    }
    fn panics_later() -> HealthFuture {
        Box::pin(async { panic!("under way") })
    }
    fn hangs() -> HealthFuture {
        Box::pin(std::future::pending())
    }
    let server = server().await;
    server.breaker("panics", checked("panics", panics));
    server.breaker("panics-later", checked("panics_later", panics_later));
    let settings = checked("hangs", hangs).probe_timeout(Duration::from_millis(10));
    server.breaker("hangs", settings);

    for (name, error) in [
        ("panics", "the health check panicked"),
        ("panics-later", "the health check panicked"),
        ("hangs", "the health check took longer than 10ms"),
    ] {
        let tested = server.post("/test-service", json!({"service_name": name})).await.json();
        assert_eq!(tested["healthy"], false);
        assert_eq!(
            tested["iterations"],
            json!([{"ok": false, "seconds": tested["iterations"][0]["seconds"], "error": error}])
        );
    }
}

#[tokio::test]
async fn a_test_that_cannot_be_is_told_of() {
    let server = server().await;
    server.breaker("db", Config::builder());
    let problem = server.post("/test-service", json!({"service_name": "db"})).await.problem(409);
    assert!(problem["detail"].as_str().unwrap().contains("health_check = ping"));
    for iterations in [json!(0), json!(101), json!(-1), json!("3"), json!(1e30)] {
        let body = json!({"service_name": "db", "iterations": iterations});
        let problem = server.post("/test-service", body).await.problem(422);
        assert_eq!(problem["field"], "iterations");
    }
    let body = json!({"service_name": "db", "test_type": "load"});
    assert_eq!(server.post("/test-service", body).await.problem(422)["field"], "test_type");
    server.post("/test-service", json!({})).await.problem(422);
}
