//! What can be seen.

use cb_runtime::{Config, HealthCheck, HealthFuture};
use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{Answer, server};

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
    assert!(open["remaining_open"].as_f64().unwrap() > 59.0);
}

#[tokio::test]
async fn the_status_can_be_asked_for_some_and_page_by_page() {
    let server = server().await;
    for number in 0..5 {
        server.breaker(&format!("db-{number}"), Config::builder().service_type("database"));
    }
    server.breaker("cache", Config::builder()).force_open();
    let names = |status: &Value| -> Vec<String> {
        let rows = status["breakers"].as_array().unwrap();
        rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
    };

    let forced = server.get("/status?state=forced_open").await.json();
    assert_eq!(names(&forced), ["cache"]);
    assert_eq!(names(&server.get("/status?state=open").await.json()), ["cache"]);
    assert_eq!(forced["matching"], 1);
    assert_eq!(forced["totals"]["total"], 6, "all of them, whatever was asked for");

    let first = server.get("/status?service_type=database&limit=3").await.json();
    assert_eq!(names(&first), ["db-0", "db-1", "db-2"]);
    assert_eq!((&first["next"], &first["matching"]), (&json!("db-2"), &json!(5)));
    let rest = server.get("/status?service_type=database&limit=3&after=db-2").await.json();
    assert_eq!(names(&rest), ["db-3", "db-4"]);
    assert_eq!(rest["next"], json!(null));
    let both = server.get("/status?service_type=database&state=half_open").await.json();
    assert!(names(&both).is_empty());
}

#[tokio::test]
async fn parameters_that_are_wrong_are_told_of() {
    let server = server().await;
    for (path, said) in [
        ("/status?limit=0", "`limit` must be from 1 to 10000"),
        ("/status?limit=10001", "`limit` must be from 1 to 10000"),
        ("/status?limit=many", "limit: a whole number is wanted"),
        ("/status?limit=", "limit: a whole number is wanted"),
        ("/status?limit=99999999999999999999", "limit: the number is too large"),
        ("/status?state=ajar", "unknown variant"),
        ("/status?stat=open", "unknown field"),
        ("/status?limit=1&limit=2", "duplicate field"),
        ("/health?fail_under=2", "`fail_under` must be from 0 to 1"),
        ("/health?fail_under=much", "fail_under: a number is wanted"),
        ("/health?fail_under=", "fail_under: a number is wanted"),
        ("/health?fail_under=NaN", "`fail_under` must be from 0 to 1"),
        ("/health?token=write-token", "unknown field"),
    ] {
        let problem = server.get(path).await.problem(400);
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(said), "{path}: {detail}");
    }
}

#[tokio::test]
async fn one_breaker_has_its_history_and_the_source_of_each_setting() {
    let server = server().await;
    let breaker = server.breaker("web_app/database", Config::builder().failure_threshold(2));
    breaker.force_open();

    for path in ["/status/web_app%2Fdatabase", "/status/web_app/database"] {
        let one = server.get(path).await.json();
        assert_eq!(one["name"], "web_app/database");
        assert_eq!(one["mode"], "forced_open");
        assert_eq!(one["config"]["failure_threshold"], 2);
        assert_eq!(one["history"][0]["event"], "mode_changed");
        assert_eq!(one["history"][1]["event"], "transition");
        let settings = one["settings"].as_array().unwrap();
        let of = |name: &str| settings.iter().find(|one| one["setting"] == name).unwrap();
        assert_eq!(of("failure_threshold")["origin"]["layer"], "code");
        assert_eq!(of("recovery_timeout")["origin"]["layer"], "default");
        assert_eq!(one["functions"], json!([]));
    }
}

#[tokio::test]
async fn a_name_that_there_is_none_of_is_answered_with_what_may_be_meant_and_makes_none() {
    let server = server().await;
    server.breaker("web_app/database", Config::builder());

    let problem = server.get("/status/web_app%2Fdatabse").await.problem(404);
    assert_eq!(problem["did_you_mean"], json!(["web_app/database"]));
    assert_eq!(
        problem["detail"],
        "there is no circuit breaker `web_app/databse`: did you mean `web_app/database`?"
    );
    let problem = server.get("/status/zzz").await.problem(404);
    assert_eq!(problem["did_you_mean"], json!([]));
    server.get("/status/web_app%2Fdatabase?key=7").await.problem(404);
    server.post("/mode/zzz", json!({"mode": "disabled"})).await.problem(404);
    server.put("/config/zzz", json!({"failure_threshold": 3})).await.problem(404);
    server.post("/reset/zzz", json!({})).await.problem(404);
    server.post("/test-service", json!({"service_name": "zzz"})).await.problem(404);

    assert_eq!(server.registry.iter().count(), 1);
}

#[tokio::test]
async fn a_part_of_a_name_and_a_short_one_with_a_letter_amiss_are_understood() {
    let server = server().await;
    for name in ["web_app/database", "crm:database", "llm", "db"] {
        server.breaker(name, Config::builder());
    }
    for (asked, meant) in [
        ("database", json!(["crm:database", "web_app/database"])),
        ("datbase", json!(["crm:database", "web_app/database"])),
        ("lmm", json!(["llm"])),
        ("LLM", json!(["llm"])),
        ("xy", json!([])),
    ] {
        let problem = server.get(&format!("/status/{asked}")).await.problem(404);
        assert_eq!(problem["did_you_mean"], meant, "{asked}: {problem}");
    }
}

#[tokio::test]
async fn a_status_says_since_when_there_is_anything_to_be_known() {
    let server = server().await;
    let (first, second) = (server.get("/status").await.json(), server.get("/status").await.json());
    assert_eq!(first["started"], second["started"]);
    // Times of one form and one zone are ordered as their texts are.
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    assert!(text(&first["started"]) <= text(&first["at"]), "{first}");
}

#[tokio::test]
async fn health_is_as_the_registry_tells_it_and_may_be_a_failure() {
    let server = server().await;
    server.breaker("cache", Config::builder());
    server.opened("db");

    let health = server.get("/health").await.json();
    assert_eq!(health, serde_json::to_value(server.registry.health()).unwrap());
    assert_eq!(health["open_breakers"], json!(["db"]));
    assert_eq!(server.get("/health?fail_under=0.5").await.json(), health);
    let failed = server.get("/health?fail_under=0.8").await;
    assert_eq!(failed.status, 503);
    assert_eq!(serde_json::from_str::<Value>(&failed.text).unwrap(), health);
}

#[tokio::test]
async fn alerts_are_what_the_registry_tells() {
    let server = server().await;
    server.opened("db");

    let alerts = server.get("/alerts").await.json();

    assert_eq!(alerts["alerts"][0]["kind"], "transition");
    assert_eq!(alerts["alerts"][0]["breaker"], "db");
    assert!(alerts["alerts"][0]["severity"].is_string());
}

#[tokio::test]
async fn metrics_are_in_the_format_that_is_asked_for() {
    let server = server().await;
    server.opened("db");
    let request = |accept: &'static str| {
        Answer::of(server.request(Method::GET, "/metrics").header("accept", accept))
    };

    let plain = server.get("/metrics").await;
    assert_eq!(plain.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert!(plain.text.contains("circuit_breaker_failures_total{name=\"db\"} 1"), "{}", plain.text);
    let open = request("application/openmetrics-text;version=1.0.0,text/plain;q=0.5").await;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!(open.header("content-type"), kind);
    assert!(open.text.ends_with("# EOF\n"));
    assert_eq!(open.header("vary"), "accept");

    let json = server.get("/metrics.json").await.json();
    let failures = &json["circuit_breaker_failures_total"][0];
    assert_eq!(*failures, json!({"labels": {"name": "db"}, "value": 1}));
}

#[tokio::test]
async fn every_answer_says_that_it_is_what_it_is_and_is_not_to_be_kept() {
    let server = server().await;
    server.breaker("db", Config::builder());
    for path in ["/status", "/status/db", "/status/none", "/nowhere", "/metrics", "/openapi.json"] {
        let answer = server.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        for name in answer.headers.keys() {
            assert!(!name.as_str().starts_with("access-control-"), "{path}: {name}");
        }
    }
}

fn ping() -> HealthFuture {
    Box::pin(async { Ok(()) })
}

#[tokio::test]
async fn a_health_check_is_shown_by_its_name() {
    let server = server().await;
    let settings = Config::builder().health_check(HealthCheck::new("ping", ping));
    server.breaker("db", settings);

    assert_eq!(server.get("/status/db").await.json()["config"]["health_check"], "ping");
}

#[tokio::test]
async fn another_registry_than_the_programs_has_no_declarations() {
    let server = server().await;
    let declarations = server.get("/declarations").await.json();
    assert_eq!(declarations, json!({"declarations": [], "conflicts": []}));
}
