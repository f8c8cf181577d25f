//! Who is let in, and that who is not has no effect.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use cb_runtime::{
    Config, Registry, State,
    admin::{Auth, Caller},
};
use reqwest::{Method, RequestBuilder};
use serde_json::json;

use crate::server::{Answer, READ, Server, WRITE, loopback, server};

const CHANGES: &[(&str, &str)] = &[
    ("POST", "/reset/db"),
    ("POST", "/reset-all"),
    ("POST", "/reset-by-type/database"),
    ("POST", "/mode/db"),
    ("PUT", "/config/db"),
    ("POST", "/test-service"),
];

const LOOKS: &[&str] = &[
    "/status",
    "/status/db",
    "/health",
    "/alerts",
    "/declarations",
    "/events",
    "/metrics",
    "/metrics.json",
];

/// Sends every change, as it would be done, and sees that it is refused and has no effect.
async fn refused(server: &Server, status: u16, with: impl Fn(RequestBuilder) -> RequestBuilder) {
    let settings = Config::builder().failure_threshold(1).service_type("database");
    let breaker = server.breaker("db", settings);
    if breaker.state() == State::Closed {
        breaker.try_acquire().unwrap().failure();
    }
    let before = (breaker.snapshot().config, breaker.history());
    for (method, path) in CHANGES {
        let body = match *path {
            "/mode/db" => json!({"mode": "disabled"}),
            "/config/db" => json!({"failure_threshold": 7}),
            "/test-service" => json!({"service_name": "db"}),
            _ => json!({}),
        };
        let request = server.plain(method.parse().unwrap(), path).json(&body);
        let answer = Answer::of(with(request)).await;
        let problem = answer.problem(status);
        assert!(!problem.to_string().contains(WRITE), "{path}");
        if status == 401 {
            assert_eq!(answer.header("www-authenticate"), "Bearer");
        }
    }
    assert_eq!(breaker.state(), State::Open);
    assert_eq!((breaker.snapshot().config, breaker.history()), before);
}

#[tokio::test]
async fn without_a_token_nothing_is_shown_and_nothing_changed() {
    let server = server().await;
    for path in LOOKS {
        let answer = Answer::of(server.plain(Method::GET, path)).await;
        answer.problem(401);
        assert_eq!(answer.header("www-authenticate"), "Bearer", "{path}");
    }
    refused(&server, 401, |request| request).await;
}

#[tokio::test]
async fn a_wrong_token_is_none() {
    let server = server().await;
    for token in ["", "write-toke", "write-tokens", "WRITE-TOKEN", "read-token write-token"] {
        let answer = Answer::of(server.plain(Method::GET, "/status").bearer_auth(token)).await;
        answer.problem(401);
        refused(&server, 401, |request| request.bearer_auth(token)).await;
    }
    refused(&server, 401, |request| request.basic_auth("admin", Some(WRITE))).await;
    refused(&server, 401, |request| request.bearer_auth(WRITE).bearer_auth(READ)).await;
}

#[tokio::test]
async fn a_token_elsewhere_than_in_its_header_is_none() {
    let server = server().await;
    for path in [
        format!("/status?token={WRITE}"),
        format!("/status?access_token={WRITE}"),
        format!("/events?authorization=Bearer%20{WRITE}"),
    ] {
        Answer::of(server.plain(Method::GET, &path)).await.problem(401);
    }
    refused(&server, 401, |request| request.header("cookie", format!("token={WRITE}"))).await;
}

#[tokio::test]
async fn the_reading_token_shows_and_changes_nothing() {
    let server = server().await;
    server.breaker("db", Config::builder().failure_threshold(1).service_type("database"));
    for path in LOOKS {
        let response = server.plain(Method::GET, path).bearer_auth(READ).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
    }
    refused(&server, 403, |request| request.bearer_auth(READ)).await;
}

#[tokio::test]
async fn who_has_a_token_is_known_whatever_the_page() {
    let server = server().await;
    let breaker = server.opened("db");
    let request = server.plain(Method::POST, "/reset/db").bearer_auth(WRITE);
    Answer::of(request.header("origin", "https://tools.example")).await.json();
    assert_eq!(breaker.state(), State::Closed);
}

#[tokio::test]
async fn on_loopback_a_change_needs_the_servers_own_origin() {
    let server = loopback().await;
    for path in LOOKS {
        let response = server.plain(Method::GET, path).send();
        if *path != "/status/db" {
            assert_eq!(response.await.unwrap().status(), 200, "{path}");
        }
    }
    refused(&server, 403, |request| request).await;
    refused(&server, 403, |request| request.header("origin", "null")).await;
    refused(&server, 403, |request| request.header("origin", "https://evil.example")).await;
    refused(&server, 403, |request| request.header("origin", "http://127.0.0.1")).await;
    refused(&server, 403, |request| request.bearer_auth("anything")).await;
    let both = |request: RequestBuilder| {
        let own = format!("http://{}", server.address);
        request.header("origin", own).header("origin", "https://evil.example")
    };
    refused(&server, 403, both).await;

    // No token is known there, so none is asked for.
    let problem = Answer::of(server.plain(Method::POST, "/reset/db")).await.problem(403);
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("`Origin`") && !detail.contains("token"), "{detail}");

    let own = format!("http://{}", server.address);
    let request = server.plain(Method::POST, "/reset/db").header("origin", own);
    Answer::of(request).await.json();
    assert_eq!(server.registry.get("db").unwrap().state(), State::Closed);
}

#[tokio::test]
async fn on_loopback_a_request_for_another_host_is_refused() {
    let server = loopback().await;
    let port = server.address.port();
    for host in ["evil.example", "127.0.0.1.evil.example", "192.168.0.1", "localhost@evil.example"]
    {
        let host = format!("{host}:{port}");
        for path in ["/status", "/openapi.json", "/nowhere"] {
            let request = server.plain(Method::GET, path).header("host", &host);
            Answer::of(request).await.problem(403);
        }
        // As a page has it whose name was made to point here.
        let with = |request: RequestBuilder| {
            request.header("host", &host).header("origin", format!("http://{host}"))
        };
        refused(&server, 403, with).await;
    }
    for host in ["localhost", "LOCALHOST", "127.0.0.1", "[::1]"] {
        let host = format!("{host}:{port}");
        let request = server.plain(Method::GET, "/status").header("host", &host);
        Answer::of(request).await.json();
        server.opened("other");
        let request = server.plain(Method::POST, "/reset/other").header("host", &host);
        Answer::of(request.header("origin", format!("http://{host}"))).await.json();
        server.registry.remove("other");
    }
}

#[tokio::test]
async fn a_host_in_the_address_is_looked_at_too() {
    let server = loopback().await;
    let address = server.address;
    let answer = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        let head = "GET http://evil.example/status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    });
    let answer = answer.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
}

#[tokio::test]
async fn a_function_of_the_programs_says_who_may() {
    let known =
        |request: &http::request::Parts| match request.headers.get("x-user")?.to_str().ok()? {
            "ops" => Some(Caller::writer("ops")),
            "dev" => Some(Caller::reader("dev")),
            _ => panic!("the session store is down"),
        };
    let server = Server::with(Registry::new(), Auth::custom(known), None).await;
    refused(&server, 401, |request| request).await;
    refused(&server, 401, |request| request.header("x-user", "nobody")).await;
    let own = format!("http://{}", server.address);
    refused(&server, 403, |request| request.header("x-user", "dev").header("origin", &own)).await;
    // The browser would send what the program knows the user by, whatever page asks it to.
    refused(&server, 403, |request| request.header("x-user", "ops")).await;
    let foreign = "https://evil.example";
    refused(&server, 403, |request| request.header("x-user", "ops").header("origin", foreign))
        .await;

    let request = server.plain(Method::POST, "/reset/db").header("x-user", "ops");
    Answer::of(request.header("origin", own)).await.json();
    let breaker = server.registry.get("db").unwrap();
    assert_eq!(breaker.state(), State::Closed);
    let history = serde_json::to_value(breaker.history()).unwrap();
    assert_eq!(history[1]["who"], "ops");
}
