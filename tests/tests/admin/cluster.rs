//! What is done for all instances of a program, and what the store is doing that they share.

use std::{env, time::Duration};

use cb_examples::redis::{RedisServer, StartError};
use cb_runtime::{
    Config, Event, Exchange, Mode, OpenOn, Registry, Scope, SharedOptions, SharedState, State,
    admin::Auth,
};
use serde_json::{Value, json};

use crate::server::{READ, Server, WRITE, server};

/// On a computer that has much else to do.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server whose registry meets others.
async fn sharing(state: SharedState) -> Server {
    let registry = Registry::new();
    registry.share(state).unwrap();
    let server = Server::with(registry, Auth::tokens(READ, WRITE), Some(WRITE)).await;
    until("it is connected", || server.registry.shared().unwrap().status().connected).await;
    server
}

async fn at(exchange: &Exchange, options: SharedOptions) -> Server {
    sharing(SharedState::in_memory(exchange, options).unwrap()).await
}

async fn two(exchange: &Exchange) -> (Server, Server) {
    let here = at(exchange, SharedOptions::new().instance("here")).await;
    (here, at(exchange, SharedOptions::new().instance("there")).await)
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, waiting).await.is_ok(), "not in time: {what}");
}

fn operations(server: &Server, name: &str) -> Vec<Event> {
    let history = server.registry.get(name).unwrap().history();
    history.into_iter().filter(|event| matches!(event, Event::Operated { .. })).collect()
}

fn detail(problem: &Value) -> &str {
    problem["detail"].as_str().unwrap()
}

#[tokio::test]
async fn a_reset_for_all_closes_it_everywhere_and_the_history_tells_the_scope() {
    let exchange = Exchange::new();
    let (here, there) = two(&exchange).await;
    let other = there.opened("db");
    let ours = here.breaker("db", Config::builder().failure_threshold(1));
    until("it is open here", || ours.state() == State::Open).await;

    let body = json!({"reason": "the disk is back", "scope": "cluster", "for": "1m"});
    let done = here.post("/reset/db", body).await.json();

    assert_eq!(done, json!({"action": "reset", "scope": "cluster", "breakers": ["db"]}));
    assert_eq!(ours.state(), State::Closed, "at once here");
    until("it is closed there", || other.state() == State::Closed).await;
    let [Event::Operated { scope, reason, .. }] = &operations(&here, "db")[..] else { panic!() };
    assert_eq!((*scope, reason.as_deref()), (Scope::Cluster, Some("the disk is back")));
    assert!(operations(&there, "db").is_empty());
}

#[tokio::test]
async fn a_reset_for_one_leaves_the_others() {
    let exchange = Exchange::new();
    let one = OpenOn::Quorum(2);
    let (here, there) = (
        at(&exchange, SharedOptions::new().open_on(one)).await,
        at(&exchange, SharedOptions::new().open_on(one)).await,
    );
    let (ours, other) = (here.opened("db"), there.opened("db"));
    let done = here.post("/reset/db", json!({"scope": "instance"})).await.json();
    assert_eq!(done["scope"], "instance");
    assert_eq!((ours.state(), other.state()), (State::Closed, State::Open));
    let [Event::Operated { scope: Scope::Instance, .. }] = &operations(&here, "db")[..] else {
        panic!()
    };
}

#[tokio::test]
async fn all_are_reset_everywhere_or_those_of_a_type() {
    let exchange = Exchange::new();
    let (here, there) = two(&exchange).await;
    let settings = |kind| Config::builder().failure_threshold(1).service_type(kind);
    let names: Vec<String> = (0..40).map(|number| format!("db-{number:02}")).collect();
    for (name, kind) in names.iter().map(|name| (name, "database")).chain([(&"c".into(), "cache")])
    {
        here.breaker(name, settings(kind));
        there.breaker(name, settings(kind)).try_acquire().unwrap().failure();
    }
    let open = |server: &Server| {
        server.registry.iter().filter(|breaker| breaker.state() == State::Open).count()
    };
    until("all are open", || open(&here) == 41).await;

    let body = json!({"scope": "cluster"});
    let done = here.post("/reset-by-type/database", body.clone()).await.json();
    assert_eq!(done["breakers"], json!(names));
    until("those of the type are closed", || open(&there) == 1).await;
    let done = here.post("/reset-all", body).await.json();
    assert_eq!(done["breakers"].as_array().unwrap().len(), 41);
    until("all are closed", || open(&there) == 0).await;
}

#[tokio::test]
async fn a_mode_for_all_is_seen_with_its_end_and_taken_back() {
    let exchange = Exchange::new();
    let (here, there) = two(&exchange).await;
    let (_, other) =
        (here.breaker("db", Config::builder()), there.breaker("db", Config::builder()));

    let body = json!({"mode": "forced_open", "for": "10m", "scope": "cluster"});
    let row = here.post("/mode/db", body).await.json();

    assert_eq!(
        (&row["mode"], &row["shared"]["mode"]["mode"]),
        (&json!("forced_open"), &json!("forced_open"))
    );
    let remaining = row["shared"]["mode"]["remaining"].as_f64().unwrap();
    assert!((300.0..=600.5).contains(&remaining), "{remaining}");
    until("it is forced open there", || other.mode() == Mode::ForcedOpen).await;
    let seen = there.get("/status/db").await.json();
    assert_eq!(seen["shared"]["mode"]["mode"], "forced_open");
    // One that is made only now is as the others are.
    let late = at(&exchange, SharedOptions::new()).await;
    assert_eq!(late.breaker("db", Config::builder()).mode(), Mode::ForcedOpen);

    let row = here.post("/mode/db", json!({"mode": "normal", "scope": "cluster"})).await.json();
    assert_eq!((&row["mode"], &row["shared"]["mode"]), (&json!("normal"), &Value::Null));
    until("it decides again there", || other.mode() == Mode::Normal).await;
    assert_eq!(operations(&here, "db").len(), 2);
}

#[tokio::test]
async fn settings_for_all_are_in_force_everywhere_until_they_are_taken_back() {
    let exchange = Exchange::new();
    let (here, there) = two(&exchange).await;
    let settings = Config::builder().failure_threshold(7);
    let (_, other) = (here.breaker("db", settings), there.breaker("db", settings));
    let threshold = || other.config().failure_threshold();

    let path = "/config/db?scope=cluster&for=1h&reason=deploy";
    let one = here.put(path, json!({"failure_threshold": 3})).await.json();

    assert_eq!(one["config"]["failure_threshold"], 3);
    assert_eq!(one["shared"]["settings"]["settings"], json!({"failure_threshold": "3"}));
    assert!(one["shared"]["settings"]["remaining"].as_f64().unwrap() > 3_000.0);
    until("they are in force there", || threshold() == 3).await;

    let one = here.put("/config/db?scope=cluster", json!({})).await.json();
    assert_eq!(
        (&one["config"]["failure_threshold"], &one["shared"]["settings"]),
        (&json!(7), &Value::Null)
    );
    until("they are taken back there", || threshold() == 7).await;
}

#[tokio::test]
async fn what_cannot_be_for_all_is_told_and_done_nowhere() {
    let exchange = Exchange::new();
    let (here, there) = two(&exchange).await;
    let (ours, other) =
        (here.breaker("db", Config::builder()), there.breaker("db", Config::builder()));
    let before = ours.config();
    for (path, body, said) in [
        ("/mode/db", json!({"mode": "disabled", "scope": "cluster"}), "say when with `for`"),
        (
            "/mode/db",
            json!({"mode": "disabled", "scope": "cluster", "for": "31days"}),
            "at most 30 days",
        ),
        ("/mode/db", json!({"mode": "normal", "scope": "cluster", "for": "1m"}), "leave `for` out"),
        ("/mode/db", json!({"mode": "disabled", "scope": "galaxy"}), "unknown variant `galaxy`"),
        ("/reset/db", json!({"for": "1m"}), "leave `for` out"),
        ("/reset/db", json!({"scope": "cluster", "for": "1y"}), "at most 30 days"),
        ("/reset-all", json!({"scope": 1}), "`scope`"),
    ] {
        let problem = here.post(path, body.clone()).await.problem(422);
        assert!(detail(&problem).contains(said), "{body}: {problem}");
    }
    for (query, body, said) in [
        ("scope=cluster", json!({"failure_threshold": 3}), "say when with `for`"),
        ("for=1h", json!({"failure_threshold": 3}), "leave `for` out"),
        ("scope=cluster&for=soon", json!({"failure_threshold": 3}), "a time, such as `10m`"),
        ("scope=cluster&for=1h", json!({"failure_threshold": 0}), "at least 1"),
        ("scope=cluster&for=1h", json!({"min_calls": 200}), "at most the `window`"),
    ] {
        let problem = here.put(&format!("/config/db?{query}"), body).await.problem(422);
        assert!(detail(&problem).contains(said), "{query}: {problem}");
    }
    here.put("/config/db?scope=galaxy", json!({})).await.problem(400);
    here.post("/reset/nobody", json!({"scope": "cluster"})).await.problem(404);

    // What is told in order comes in order: were anything of that told, it would be there before this.
    here.post("/mode/db", json!({"mode": "disabled", "scope": "cluster", "for": "1m"}))
        .await
        .json();
    until("the last is there", || other.mode() == Mode::Disabled).await;
    assert_eq!(other.history().len(), 1, "{:?}", other.history());
    assert_eq!((ours.config(), operations(&here, "db").len()), (before, 1));
}

#[tokio::test]
async fn without_shared_state_nothing_can_be_done_for_all() {
    let server = server().await;
    // Be there breakers or not.
    server.post("/reset-all", json!({"scope": "cluster"})).await.problem(409);
    let breaker = server.opened("db");
    let scope = json!({"scope": "cluster", "for": "1m"});
    let mode = json!({"mode": "disabled", "scope": "cluster", "for": "1m"});
    for (path, body) in [("/reset/db", &scope), ("/reset-all", &scope), ("/mode/db", &mode)] {
        let problem = server.post(path, body.clone()).await.problem(409);
        assert!(detail(&problem).contains("does not share its breakers"), "{problem}");
        assert_eq!(problem["field"], "scope");
    }
    server
        .put("/config/db?scope=cluster&for=1m", json!({"failure_threshold": 3}))
        .await
        .problem(409);
    assert_eq!((breaker.state(), breaker.mode()), (State::Open, Mode::Normal));
    assert!(operations(&server, "db").is_empty());
    let status = server.get("/status").await.json();
    assert_eq!((&status["store"], &status["breakers"][0]["shared"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn the_status_tells_what_the_store_is_doing_and_each_breaker_what_others_decided() {
    let exchange = Exchange::new();
    let (here, there) = two(&exchange).await;
    until("they know of each other", || there.registry.shared().unwrap().status().instances == 2)
        .await;
    here.breaker("calm", Config::builder());
    let ours = here.breaker("db", Config::builder());
    there.opened("db");
    until("it is open here", || ours.state() == State::Open).await;

    let status = there.get("/status").await.json();
    let store = &status["store"];
    assert_eq!((&store["connected"], &store["instance"]), (&json!(true), &json!("there")));
    assert_eq!((&store["instances"], &store["problem"]), (&json!(2), &Value::Null));
    assert!(store["agreed"].is_string() && store["since"].is_string(), "{store}");

    let rows = here.get("/status").await.json()["breakers"].clone();
    let (calm, open) = (&rows[0]["shared"], &rows[1]["shared"]);
    assert_eq!((&calm["epoch"], &calm["open"]), (&json!(0), &json!(false)));
    assert_eq!((&open["changed_by"], &open["open"]), (&json!("there"), &json!(true)));
    assert!(open["epoch"].as_u64().unwrap() > 0, "{open}");
    assert_eq!(ours.snapshot().shared.unwrap().changed_by.as_deref(), Some("there"));
    assert_eq!(here.registry.export()["store"]["instance"], "here");
}

#[tokio::test]
async fn while_the_store_is_away_it_is_told_so_and_only_this_instance_can_be_changed() {
    let exchange = Exchange::new();
    let (here, there) = two(&exchange).await;
    let (ours, other) = (here.opened("db"), there.breaker("db", Config::builder()));
    until("it is open there", || other.state() == State::Open).await;
    exchange.set_away(true);
    // Once it was tried again: first of all the line was cut.
    let why = || here.registry.shared().unwrap().status().problem.unwrap_or_default();
    until("it is away", || why() == "it was set to be away").await;

    let body = json!({"scope": "cluster"});
    for path in ["/reset/db", "/reset-all"] {
        let problem = here.post(path, body.clone()).await.problem(503);
        assert!(detail(&problem).contains("the shared store is away: it was set"), "{problem}");
    }
    let mode = json!({"mode": "disabled", "scope": "cluster", "for": "1m"});
    here.post("/mode/db", mode).await.problem(503);
    here.put("/config/db?scope=cluster&for=1m", json!({"failure_threshold": 3})).await.problem(503);
    assert_eq!(
        (ours.state(), ours.mode(), ours.config().failure_threshold()),
        (State::Open, Mode::Normal, 1)
    );
    assert!(operations(&here, "db").is_empty());

    here.breaker("late", Config::builder().failure_threshold(1)).try_acquire().unwrap().failure();
    until("it waits to be told", || here.registry.shared().unwrap().status().pending == 1).await;
    let status = here.get("/status").await.json();
    assert_eq!(
        (&status["store"]["connected"], &status["store"]["pending"]),
        (&json!(false), &json!(1))
    );
    assert_eq!(status["store"]["problem"], "it was set to be away");
    assert_eq!(status["breakers"][0]["shared"]["connected"], false);
    assert_eq!(here.get("/health").await.json()["store_connected"], false);

    here.post("/reset/db", json!({})).await.json();
    assert_eq!(ours.state(), State::Closed);
    exchange.set_away(false);
    until("it is told", || {
        let status = here.registry.shared().unwrap().status();
        status.connected && status.pending == 0
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn through_redis_all_of_it_is_the_same_and_a_redis_that_dies_is_told() {
    let redis = match RedisServer::start() {
        Ok(redis) => redis,
        Err(StartError::NotInstalled) if env::var_os("CI").is_none() => {
            return eprintln!("skipped: {}", StartError::NotInstalled);
        }
        Err(error) => panic!("{error}"),
    };
    let join = || SharedState::redis(&redis.url(), SharedOptions::new().prefix("api")).unwrap();
    let (here, there) = (sharing(join()).await, sharing(join()).await);
    let (ours, other) = (here.opened("db"), there.breaker("db", Config::builder()));
    until("it is open there", || other.state() == State::Open).await;

    here.post("/reset/db", json!({"scope": "cluster"})).await.json();
    until("it is closed there", || other.state() == State::Closed).await;
    let mode = json!({"mode": "forced_open", "for": "10m", "scope": "cluster"});
    here.post("/mode/db", mode.clone()).await.json();
    until("it is forced open there", || other.mode() == Mode::ForcedOpen).await;
    here.put("/config/db?scope=cluster&for=1h", json!({"failure_threshold": 3})).await.json();
    until("its settings are there", || other.config().failure_threshold() == 3).await;
    let seen = there.get("/status/db").await.json();
    assert_eq!(seen["shared"]["settings"]["settings"]["failure_threshold"], "3");
    let store = &there.get("/status").await.json()["store"];
    assert!(store["store"].as_str().unwrap().starts_with("redis"), "{store}");

    drop(redis);
    until("it is away", || here.registry.shared().unwrap().status().problem.is_some()).await;
    here.post("/mode/db", mode).await.problem(503);
    assert_eq!(ours.mode(), Mode::ForcedOpen);
}
