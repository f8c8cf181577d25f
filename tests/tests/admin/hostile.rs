//! Requests that are no good, and texts that would be more than text.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
};

use cb_runtime::{Config, Mode};
use reqwest::Method;
use serde_json::json;

use crate::server::{Answer, Server, WRITE, server};

fn body(
    server: &Server,
    method: Method,
    path: &str,
    body: impl Into<reqwest::Body>,
) -> reqwest::RequestBuilder {
    server.request(method, path).header("content-type", "application/json").body(body)
}

#[tokio::test]
async fn what_is_no_json_is_told_of() {
    let server = server().await;
    let breaker = server.breaker("db", Config::builder());
    let deep = "[".repeat(10_000);
    for text in
        ["{", "", "{\"mode\": \"disabled\",}", "nul", "\u{feff}{}", "{\"mode\":\"\\ud800\"}", &deep]
    {
        for (method, path) in [
            (Method::POST, "/mode/db"),
            (Method::PUT, "/config/db"),
            (Method::POST, "/test-service"),
        ] {
            Answer::of(body(&server, method, path, text.to_owned())).await.problem(400);
        }
    }
    Answer::of(body(&server, Method::POST, "/mode/db", vec![b'"', 0xff, b'"'])).await.problem(400);
    Answer::of(body(&server, Method::POST, "/reset/db", "{")).await.problem(400);
    assert!(breaker.history().is_empty());
}

#[tokio::test]
async fn what_says_that_it_is_something_else_is_not_read() {
    let server = server().await;
    let breaker = server.breaker("db", Config::builder());
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "",
        "application/json2",
    ] {
        for (method, path) in [
            (Method::POST, "/mode/db"),
            (Method::PUT, "/config/db"),
            (Method::POST, "/reset/db"),
            (Method::POST, "/test-service"),
        ] {
            let request = server.request(method, path).header("content-type", kind);
            Answer::of(request.body(r#"{"mode": "disabled"}"#)).await.problem(415);
        }
    }
    let request = server.request(Method::POST, "/mode/db").body(r#"{"mode": "disabled"}"#);
    Answer::of(request).await.problem(415);
    assert!(breaker.history().is_empty());
    let request = server
        .request(Method::POST, "/mode/db")
        .header("content-type", "Application/JSON; charset=utf-8");
    Answer::of(request.body(r#"{"mode": "disabled"}"#)).await.json();
}

#[tokio::test]
async fn a_body_that_is_too_large_is_not_read() {
    let server = server().await;
    let breaker = server.breaker("db", Config::builder());
    let large = json!({"mode": "disabled", "reason": "x".repeat(64 * 1024)}).to_string();
    for (method, path) in [
        (Method::POST, "/mode/db"),
        (Method::PUT, "/config/db"),
        (Method::POST, "/reset/db"),
        (Method::POST, "/reset-all"),
        (Method::POST, "/test-service"),
    ] {
        Answer::of(body(&server, method, path, large.clone())).await.problem(413);
    }
    let pieces: Vec<Result<String, std::io::Error>> =
        (0..200).map(|_| Ok("x".repeat(1024))).collect();
    let stream = reqwest::Body::wrap_stream(futures(pieces));
    Answer::of(body(&server, Method::POST, "/mode/db", stream)).await.problem(413);
    assert_eq!(breaker.mode(), Mode::Normal);
    assert!(breaker.history().is_empty());
}

fn futures<T: Send + 'static>(all: Vec<T>) -> impl futures_util::Stream<Item = T> + Send + 'static {
    futures_util::stream::iter(all)
}

#[tokio::test]
async fn unknown_paths_and_wrong_methods_are_problems_too() {
    let server = server().await;
    server.breaker("db", Config::builder());
    for path in ["/nowhere", "/status/", "//status", "/reset", "/metrics/json"] {
        server.get(path).await.problem(404);
    }
    for (method, path, allowed) in [
        (Method::POST, "/status", "GET,HEAD"),
        (Method::DELETE, "/status/db", "GET,HEAD"),
        (Method::GET, "/reset/db", "POST"),
        (Method::GET, "/config/db", "PUT"),
        (Method::OPTIONS, "/mode/db", "POST"),
        (Method::PUT, "/mode/db", "POST"),
        (Method::POST, "/openapi.json", "GET,HEAD"),
    ] {
        let answer = Answer::of(server.request(method.clone(), path)).await;
        answer.problem(405);
        assert_eq!(answer.header("allow"), allowed, "{method} {path}");
    }
}

/// Sends a request's target as it is: clients would tidy it.
fn raw(address: SocketAddr, method: &str, target: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let mut head = format!("{method} ").into_bytes();
    head.extend_from_slice(target);
    head.extend_from_slice(
        format!(" HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {WRITE}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").as_bytes(),
    );
    stream.write_all(&head).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn tricks_with_paths_lead_nowhere() {
    let server = server().await;
    let breaker = server.opened("db");
    let before = breaker.history();
    let address = server.address;
    let targets: [&[u8]; 17] = [
        b"/reset/../reset-all",
        b"/reset/..%2Freset-all",
        b"/reset/%2e%2e/reset-all",
        b"/reset/db%00",
        b"/reset/%00",
        b"/reset/db%2F",
        b"/reset/%64%62%20",
        b"/reset/%2564%2562",
        b"/reset/%c0%ae%c0%ae",
        b"/reset/%c0%af",
        b"/reset/%ff%fe",
        b"/reset/%",
        b"/reset/%zz",
        b"/reset/db;x=1",
        b"/reset/db/",
        b"/reset//db",
        b"/reset/./db",
    ];
    for target in targets {
        let answer =
            tokio::task::spawn_blocking(move || raw(address, "POST", target)).await.unwrap();
        let shown = String::from_utf8_lossy(target);
        let refused = ["HTTP/1.1 404 ", "HTTP/1.1 400 "];
        assert!(refused.iter().any(|start| answer.starts_with(start)), "{shown}: {answer}");
        assert!(answer.contains("application/problem+json"), "{shown}: {answer}");
    }
    assert_eq!(breaker.history(), before);
    assert_eq!(server.registry.iter().count(), 1);
}

#[tokio::test]
async fn texts_from_outside_stay_texts() {
    let server = server().await;
    let error = "<script>alert('1')</script>\"\n\u{1b}[31m\u{202e}";
    let breaker = server.breaker("db", Config::builder().failure_threshold(1));
    let _ = breaker.call_blocking(|| Err::<(), _>(error));

    let one = server.get("/status/db").await;
    assert_eq!(one.header("content-type"), "application/json");
    for control in ['\n', '\u{1b}'] {
        assert!(!one.text.contains(control), "{:?}", one.text);
    }

    let name = "%3Cb%3E%22%0A%1B%5B31m";
    let problem = server.get(&format!("/status/{name}")).await;
    let detail = problem.problem(404)["detail"].as_str().unwrap().to_owned();
    assert_eq!(
        detail,
        "there is no circuit breaker `<b>\"\\n\\u{1b}[31m`, nor one that is written alike"
    );
    let bad = json!({"<img src=x>\n\u{1b}": 1});
    let problem = server.put("/config/db", bad).await.problem(422);
    assert!(!problem["detail"].as_str().unwrap().contains(['\n', '\u{1b}']));
    let problem = server.get("/status?%3Cb%3E%0A=1").await.problem(400);
    assert!(!problem["detail"].as_str().unwrap().contains('\n'));
    let long = "x".repeat(5_000);
    let problem = server.get(&format!("/status/{long}")).await.problem(404);
    assert!(problem["detail"].as_str().unwrap().len() < 400);
}

#[tokio::test]
async fn a_long_reason_is_cut() {
    let server = server().await;
    let breaker = server.breaker("db", Config::builder());
    server.post("/reset/db", json!({"reason": "ü".repeat(1_000)})).await.json();
    let history = serde_json::to_value(breaker.history()).unwrap();
    assert_eq!(history[0]["reason"].as_str().unwrap().chars().count(), 200);
}
