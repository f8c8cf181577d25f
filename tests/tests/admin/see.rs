//! What can be seen.

use cb_runtime::Config;
use serde_json::json;

use crate::server::server;

#[tokio::test]
async fn the_status_has_every_breaker_and_how_they_are_together() {
    let server = server().await;
    server.breaker("cache", Config::builder());
    server.opened("web_app/database");

    let status = server.get("/status").await.json();

    assert_eq!(status["verdict"], "degraded");
    assert_eq!(status["score"], 0.5);
    assert_eq!(status["summary"], json!({"healthy": 1, "degraded": 0, "failed": 1}));
    assert_eq!(status["totals"]["open"], 1);
    assert_eq!(status["matching"], 2);
    assert_eq!(status["next"], json!(null));
    let open = &status["breakers"][1];
    assert_eq!(open["name"], "web_app/database");
    assert_eq!(open["state"], "open");
    assert_eq!(open["failure_threshold"], 1);
    assert_eq!(open["totals"]["failures"], 1);
    assert_eq!(open["timeline"][0]["to"], "open");
}
