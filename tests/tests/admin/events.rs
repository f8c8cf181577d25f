//! The stream of events.

use std::time::Duration;

use cb_runtime::{Config, Registry, admin::Auth};
use futures_util::StreamExt as _;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::server::{Answer, Server, WRITE, server};

/// A reader of the stream.
struct Reader {
    response: reqwest::Response,
    text: String,
}

/// An event as it was sent.
#[derive(Debug)]
struct Sent {
    id: String,
    event: String,
    data: Value,
}

impl Reader {
    async fn of(server: &Server, last: Option<&str>) -> Self {
        let mut request = server.request(Method::GET, "/events");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, text: String::new() }
    }

    async fn next(&mut self) -> Sent {
        loop {
            if let Some((frame, rest)) = self.text.split_once("\n\n") {
                let (frame, rest) = (frame.to_owned(), rest.to_owned());
                self.text = rest;
                let field = |name: &str| {
                    let of = |line: &str| Some(line.strip_prefix(name)?.to_owned());
                    frame.lines().find_map(of).unwrap_or_else(|| panic!("{name} in {frame:?}"))
                };
                let data = serde_json::from_str(&field("data: ")).unwrap();
                return Sent { id: field("id: "), event: field("event: "), data };
            }
            let chunk = self.response.chunk().await.unwrap().expect("the stream has no end");
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}

#[tokio::test]
async fn what_happens_is_told_as_it_happens() {
    let server = server().await;
    let breaker = server.breaker("db", Config::builder());
    let mut reader = Reader::of(&server, None).await;

    let connected = reader.next().await;
    assert_eq!(connected.event, "connected");
    let instance = connected.data["instance"].as_str().unwrap().to_owned();
    assert!(connected.data["version"].is_string());
    let status = server.get("/status").await.json();
    assert_eq!(status["instance"], instance);

    let body = json!({"mode": "forced_open", "reason": "deploy\nid: forged\n\n"});
    server.post("/mode/db", body).await.json();
    for (number, kind) in [(1, "operated"), (2, "mode_changed"), (3, "transition")] {
        let sent = reader.next().await;
        assert_eq!((&*sent.event, sent.id), (kind, format!("{instance}-{number}")));
        assert_eq!(sent.data["event"], kind);
        assert_eq!(sent.data["name"], "db");
    }
    server.put("/config/db", json!({"failure_threshold": 9})).await.json();
    assert_eq!(reader.next().await.event, "operated");
    assert_eq!(reader.next().await.event, "config_changed");
    breaker.reset();
    assert_eq!(reader.next().await.event, "reset");
}

#[tokio::test]
async fn a_reader_goes_on_where_it_was() {
    let server = server().await;
    let breaker = server.breaker("db", Config::builder());
    let mut reader = Reader::of(&server, None).await;
    reader.next().await;
    for _ in 0..5 {
        breaker.reset();
    }
    let first = reader.next().await;
    for _ in 0..4 {
        reader.next().await;
    }
    drop(reader);

    let mut reader = Reader::of(&server, Some(&first.id)).await;
    let connected = reader.next().await;
    assert_eq!((&*connected.event, &connected.id), ("connected", &first.id));
    let instance = connected.data["instance"].as_str().unwrap().to_owned();
    for number in 2..=5 {
        assert_eq!(reader.next().await.id, format!("{instance}-{number}"));
    }

    // As a page gives it that cannot set the header.
    let path = format!("/events?last_event_id={instance}-4");
    let response = server.request(Method::GET, &path).send().await.unwrap();
    let mut reader = Reader { response, text: String::new() };
    reader.next().await;
    assert_eq!(reader.next().await.id, format!("{instance}-5"));
}

#[tokio::test]
async fn after_a_restart_a_reader_gets_all_that_there_is() {
    let server = server().await;
    let breaker = server.breaker("db", Config::builder());
    let mut before = Reader::of(&server, None).await;
    before.next().await;
    breaker.reset();
    breaker.reset();
    before.next().await;
    before.next().await;

    for last in ["0123456789abcdef-77", "no id of ours", "-", "99999999999999999999999"] {
        let mut reader = Reader::of(&server, Some(last)).await;
        assert_eq!(reader.next().await.event, "connected");
        assert!(reader.next().await.id.ends_with("-1"), "{last}");
        assert!(reader.next().await.id.ends_with("-2"), "{last}");
    }
    // One that is ahead of us waits for what comes.
    let instance = server.get("/status").await.json()["instance"].as_str().unwrap().to_owned();
    let mut reader = Reader::of(&server, Some(&format!("{instance}-999"))).await;
    assert!(reader.next().await.id.ends_with("-2"));
    breaker.reset();
    assert!(reader.next().await.id.ends_with("-3"));
}

#[tokio::test]
async fn a_reader_that_is_too_far_behind_is_told_how_many_it_missed() {
    let server = server().await;
    let breaker = server.breaker("db", Config::builder());
    let mut reader = Reader::of(&server, None).await;
    let instance = reader.next().await.data["instance"].as_str().unwrap().to_owned();
    // A reader that keeps up sees that all of them are there.
    for _ in 0..15 {
        for _ in 0..100 {
            breaker.reset();
        }
        for _ in 0..100 {
            assert_eq!(reader.next().await.event, "reset");
        }
    }

    let mut late = Reader::of(&server, Some(&format!("{instance}-10"))).await;
    assert_eq!(late.next().await.event, "connected");
    let missed = late.next().await;
    assert_eq!((&*missed.event, &missed.data), ("missed", &json!({"count": 1_500 - 10 - 1_024})));
    assert_eq!(missed.id, format!("{instance}-476"));
    assert_eq!(late.next().await.id, format!("{instance}-477"));
}

#[tokio::test]
async fn readers_that_go_away_are_forgotten() {
    let server = server().await;
    let breaker = server.breaker("db", Config::builder());
    for _ in 0..50 {
        let mut reader = Reader::of(&server, None).await;
        reader.next().await;
    }
    breaker.reset();
    let mut reader = Reader::of(&server, Some("-")).await;
    reader.next().await;
    assert_eq!(reader.next().await.event, "reset");
}

#[test]
fn a_router_that_is_made_outside_a_runtime_listens_from_its_first_request_on() {
    let registry = Registry::new();
    let router = cb_runtime::admin::router(&registry, Auth::tokens("", WRITE));
    let breaker = registry.get_or_register("db", Config::default()).unwrap();
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // And goes on with another, when the one is gone.
    for _ in 0..2 {
        let (router, breaker) = (router.clone(), breaker.clone());
        runtime().block_on(async move {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            tokio::spawn(async move { axum::serve(listener, router).await });
            let client = reqwest::Client::new();
            let request = client.get(format!("http://{address}/events")).bearer_auth(WRITE);
            let mut reader =
                Reader { response: request.send().await.unwrap(), text: String::new() };
            reader.next().await;
            breaker.reset();
            assert_eq!(reader.next().await.event, "reset");
        });
    }
}

#[tokio::test]
async fn events_can_be_read_in_a_nested_router() {
    let registry = Registry::new();
    let api = cb_runtime::admin::router(&registry, Auth::loopback_only());
    let program = axum::Router::new()
        .route("/", axum::routing::get(|| async { "the program's own" }))
        .nest("/nested", api.clone())
        .nest_service("/api/circuit-breaker", api);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move { axum::serve(listener, program).await });
    let get = |path: &str| reqwest::get(format!("http://{address}{path}"));

    assert_eq!(get("/").await.unwrap().text().await.unwrap(), "the program's own");
    let status = Answer::read(get("/api/circuit-breaker/status").await.unwrap()).await;
    assert_eq!(status.json()["verdict"], "healthy");
    Answer::read(get("/api/circuit-breaker/nowhere").await.unwrap()).await.problem(404);
    Answer::read(get("/nested/nowhere").await.unwrap()).await.problem(404);
    Answer::read(get("/nested/status").await.unwrap()).await.json();
    assert!(!get("/nowhere").await.unwrap().headers().contains_key("x-content-type-options"));
    for page in ["/nested", "/api/circuit-breaker", "/api/circuit-breaker/"] {
        let page = get(page).await.unwrap();
        assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    }
    let response = get("/api/circuit-breaker/events").await.unwrap();
    let mut reader = Reader { response, text: String::new() };
    assert_eq!(reader.next().await.event, "connected");
    serving.abort();
}

#[tokio::test]
async fn a_stream_is_kept_up_by_comments_and_ends_with_the_server() {
    let server = server().await;
    let reader = Reader::of(&server, None).await;
    let mut chunks = reader.response.bytes_stream();
    let first = chunks.next().await.unwrap().unwrap();
    assert!(first.starts_with(b"id: "));
    drop(server);
    let end = tokio::time::timeout(Duration::from_secs(10), chunks.next()).await.unwrap();
    assert!(end.is_none_or(|chunk| chunk.is_err()));
}
