//! What can be changed.

use std::time::Duration;

use cb_runtime::{Config, Mode, Source, State, Window};
use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{Answer, Server, server};

/// The names of a breaker's latest events.
async fn history(server: &Server, name: &str) -> Vec<Value> {
    let one = server.get(&format!("/status/{name}")).await.json();
    one["history"].as_array().unwrap().clone()
}

fn kinds(history: &[Value]) -> Vec<&str> {
    history.iter().map(|event| event["event"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_breaker_is_reset_and_its_history_tells_by_whom_and_why() {
    let server = server().await;
    let breaker = server.opened("db");

    let done = server.post("/reset/db", json!({"reason": "the disk is back"})).await.json();

    assert_eq!(done, json!({"action": "reset", "scope": "instance", "breakers": ["db"]}));
    assert_eq!(breaker.state(), State::Closed);
    let history = history(&server, "db").await;
    assert_eq!(kinds(&history), ["transition", "operated", "reset", "transition"]);
    assert_eq!(history[1]["action"], "reset");
    assert_eq!(history[1]["scope"], "instance");
    assert_eq!(history[1]["who"], "the write token");
    assert_eq!(history[1]["reason"], "the disk is back");
    assert!(history[1]["from"].as_str().unwrap().starts_with("127.0.0.1:"));
}

#[tokio::test]
async fn a_reset_needs_no_body() {
    let server = server().await;
    let breaker = server.opened("db");
    let answer = Answer::of(server.request(Method::POST, "/reset/db")).await;
    assert_eq!(answer.json()["breakers"], json!(["db"]));
    assert_eq!(breaker.state(), State::Closed);
    let answer = server.post("/reset/db", json!(null)).await;
    assert_eq!(answer.json()["breakers"], json!(["db"]), "as the API's description has it");
}

#[tokio::test]
async fn all_are_reset_or_those_of_a_service_type() {
    let server = server().await;
    let opened = |name: &str, service_type| {
        let settings = Config::builder().failure_threshold(1).service_type(service_type);
        let breaker = server.breaker(name, settings);
        breaker.try_acquire().unwrap().failure();
        breaker
    };
    let (cache, db, search) =
        (opened("cache", "cache"), opened("db", "database"), opened("search", "search/index"));

    let done = server.post("/reset-by-type/database", json!({})).await.json();
    assert_eq!(done["breakers"], json!(["db"]));
    assert_eq!((db.state(), cache.state()), (State::Closed, State::Open));
    let done = server.post("/reset-by-type/search%2Findex", json!({})).await.json();
    assert_eq!(done["breakers"], json!(["search"]));
    assert_eq!(search.state(), State::Closed);
    let problem = server.post("/reset-by-type/databse", json!({})).await.problem(404);
    assert_eq!(problem["did_you_mean"], json!(["database"]));

    let done = server.post("/reset-all", json!({"reason": "all is well"})).await.json();
    assert_eq!(done["breakers"], json!(["cache", "db", "search"]));
    assert_eq!(cache.state(), State::Closed);
}

#[tokio::test]
async fn each_mode_can_be_set_for_good_or_for_a_time() {
    let server = server().await;
    let breaker = server.breaker("db", Config::builder());

    let body = json!({"mode": "forced_open", "for": "10m", "reason": "deploy"});
    let row = server.post("/mode/db", body).await.json();
    assert_eq!((&row["mode"], &row["state"]), (&json!("forced_open"), &json!("open")));
    let events = history(&server, "db").await;
    assert_eq!(kinds(&events), ["operated", "mode_changed", "transition"]);
    assert_eq!((&events[0]["action"], &events[0]["reason"]), (&json!("mode"), &json!("deploy")));
    let lasts = events[1]["lasts"].as_f64().unwrap();
    assert!((lasts - 600.0).abs() < 1e-6, "{lasts}");

    for (mode, set) in [
        ("disabled", Mode::Disabled),
        ("metrics_only", Mode::MetricsOnly),
        ("normal", Mode::Normal),
    ] {
        let row = server.post("/mode/db", json!({"mode": mode})).await.json();
        assert_eq!(row["mode"], mode);
        assert_eq!(breaker.mode(), set);
    }
}

#[tokio::test]
async fn a_mode_that_cannot_be_is_told_of_and_nothing_is_changed() {
    let server = server().await;
    let breaker = server.breaker("db", Config::builder());
    for (body, field, said) in [
        (json!({"mode": "ajar"}), json!("mode"), "unknown variant `ajar`"),
        (json!({"mode": 7}), json!("mode"), "expected a text"),
        (json!({"mode": null}), json!("mode"), "expected a text"),
        (json!({}), json!("mode"), "missing field `mode`"),
        (json!([]), json!(null), "the body is to be an object"),
        (json!(["disabled", "instance", "10m", "why"]), json!(null), "the body is to be an object"),
        (json!({"mode": "disabled", "for": "soon"}), json!("for"), "a time, such as `10m`"),
        (json!({"mode": "disabled", "for": "0s"}), json!("for"), "longer than zero"),
        (json!({"mode": "disabled", "for": 10}), json!("for"), "expected a string"),
        (json!({"mode": "normal", "for": "10m"}), json!("for"), "leave `for` out"),
        (json!({"mode": "disabled", "form": "10m"}), json!("form"), "unknown field `form`"),
        (json!({"mode": "disabled", "reason": 7}), json!("reason"), "expected a string"),
    ] {
        let problem = server.post("/mode/db", body.clone()).await.problem(422);
        assert_eq!(problem["field"], field, "{body}: {problem}");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(said), "{body}: {detail}");
    }
    assert_eq!(breaker.mode(), Mode::Normal);
    assert!(breaker.history().is_empty());
}

#[tokio::test]
async fn settings_are_changed_and_the_answer_has_all_of_them_with_their_sources() {
    let server = server().await;
    let breaker = server.breaker("db", Config::builder().failure_threshold(2));

    let body = json!({"failure_threshold": 3, "recovery_timeout": "90s", "window": "10s"});
    let one = server.put("/config/db?reason=fewer%20alarms", body).await.json();

    assert_eq!(one["config"]["failure_threshold"], 3);
    assert_eq!(one["config"]["recovery_timeout"], "1m 30s");
    assert_eq!(breaker.config().recovery_timeout(), Duration::from_secs(90));
    let settings = one["settings"].as_array().unwrap();
    let threshold = settings.iter().find(|one| one["setting"] == "failure_threshold").unwrap();
    assert_eq!(threshold["origin"]["layer"], "runtime");
    assert_eq!(threshold["overridden"][0]["value"], "2");
    let history = history(&server, "db").await;
    assert_eq!(kinds(&history), ["operated", "config_changed"]);
    assert_eq!(history[0]["reason"], "fewer alarms");
}

#[tokio::test]
async fn settings_that_were_changed_can_be_taken_back() {
    let server = server().await;
    let breaker = server.breaker("db", Config::builder().failure_threshold(2).critical(true));
    let body = json!({"failure_threshold": 3, "recovery_timeout": "90s", "window": "10s"});
    server.put("/config/db", body).await.json();

    let body = json!({"failure_threshold": null, "recovery_timeout": null, "critical": null});
    let one = server.put("/config/db", body).await.json();

    let now = breaker.config();
    assert_eq!(now.failure_threshold(), 2, "what the program says");
    assert_eq!(now.recovery_timeout(), Config::default().recovery_timeout());
    assert_eq!(now.window(), Window::Time(Duration::from_secs(10)), "what was not taken back");
    assert!(now.critical(), "what was never changed");
    let settings = one["settings"].as_array().unwrap();
    let origin = |name| &settings.iter().find(|one| one["setting"] == name).unwrap()["origin"];
    assert_eq!(origin("failure_threshold")["layer"], "code");
    assert_eq!(origin("recovery_timeout")["layer"], "default");
    assert_eq!(origin("window")["layer"], "runtime");
    let told = &history(&server, "db").await[3];
    assert_eq!(told["changes"][0], json!({"setting": "failure_threshold", "from": "3", "to": "2"}));
    // The third is the `probe_timeout`, which follows the `recovery_timeout`.
    assert_eq!(told["changes"].as_array().unwrap().len(), 3);

    // All of it or nothing: without the window, these are too many.
    server.put("/config/db", json!({"min_calls": 500})).await.json();
    let problem = server.put("/config/db", json!({"window": null})).await.problem(422);
    assert_eq!(problem["field"], "min_calls");
    server.put("/config/db", json!({"window": null, "min_calls": null})).await.json();
    assert_eq!(
        breaker.config(),
        Config::builder().failure_threshold(2).critical(true).build().unwrap()
    );
    let problem = server.put("/config/db", json!({"max_keys": null})).await.problem(422);
    assert_eq!(problem["field"], "max_keys");
}

#[tokio::test]
async fn what_is_taken_back_is_as_the_file_has_it_now() {
    let server = server().await;
    let breaker = server.breaker("db", Config::builder().failure_threshold(2));
    let load = |threshold| {
        let file = format!("[breakers.db]\nfailure_threshold = {threshold}");
        server.registry.load(Source::toml(file)).unwrap();
    };
    load(7);
    server
        .put("/config/db", json!({"failure_threshold": 3, "service_type": "search"}))
        .await
        .json();
    load(8);
    assert_eq!(breaker.config().failure_threshold(), 3);
    assert_eq!(breaker.config().success_threshold(), 2);

    let body = json!({"failure_threshold": null, "service_type": null});
    server.put("/config/db", body).await.json();
    assert_eq!(breaker.config().failure_threshold(), 8);
    assert_eq!(breaker.config().success_threshold(), 1);
}

#[tokio::test]
async fn a_bad_setting_is_told_with_its_bound_and_nothing_is_changed() {
    let server = server().await;
    let breaker = server.breaker("db", Config::builder());
    let before = breaker.config();
    for (body, field, bound, said) in [
        (json!({"failure_threshold": 0}), "failure_threshold", json!("at least 1"), "but is 0"),
        (
            json!({"success_threshold": 2, "failure_rate": 1.5}),
            "failure_rate",
            json!("above 0 and at most 1"),
            "but is 1.5",
        ),
        (json!({"failure_rate": "half"}), "failure_rate", json!("a number, such as `0.5`"), "half"),
        (json!({"recovery_timeout": 30}), "recovery_timeout", json!(null), "says no unit"),
        (
            json!({"backoff": {"factor": 0.5, "max": "1m"}}),
            "backoff.factor",
            json!("a finite number of at least 1"),
            "0.5",
        ),
        (
            json!({"min_calls": 200}),
            "min_calls",
            json!("at most the `window`, which is 100 calls"),
            "200",
        ),
        (
            json!({"slow_call_rate": 0.5}),
            "slow_call_rate",
            json!("given together with `slow_call`, which says what is slow"),
            "alone",
        ),
        (json!({"failure_treshold": 3}), "failure_treshold", json!(null), "did you mean"),
        (json!({"max_keys": 3}), "max_keys", json!(null), "of all breakers of a name"),
        (json!({"health_check": "ping"}), "health_check", json!(null), "is a function"),
    ] {
        let problem = server.put("/config/db", body.clone()).await.problem(422);
        assert_eq!(problem["field"], field, "{body}: {problem}");
        if !bound.is_null() {
            assert_eq!(problem["bound"], bound, "{body}");
        }
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.starts_with("nothing was changed: "), "{detail}");
        assert!(detail.contains(said), "{body}: {detail}");
    }
    let problem = server.put("/config/db", json!([1])).await.problem(422);
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.starts_with("nothing was changed: the body is to be an object"), "{detail}");
    let twice =
        server.request(Method::PUT, "/config/db").header("content-type", "application/json");
    let twice = twice.body(r#"{"failure_threshold": 3, "failure_threshold": 4}"#);
    let problem = Answer::of(twice).await.problem(422);
    assert!(problem["detail"].as_str().unwrap().contains("is given twice"));

    assert_eq!(breaker.config(), before);
    assert!(breaker.history().is_empty());
}

#[tokio::test]
async fn several_mistakes_are_told_together() {
    let server = server().await;
    server.breaker("db", Config::builder());
    let body = json!({"failure_threshold": 0, "failure_rate": 2});
    let problem = server.put("/config/db", body).await.problem(422);
    let problems = problem["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 2);
    assert_eq!(problems[1]["field"], "failure_threshold");
    assert_eq!(problems[0]["bound"], "above 0 and at most 1");
}
