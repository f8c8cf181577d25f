//! Requests at random: each is answered, none with an error of the server's, and none makes a breaker.

use std::{
    fmt::Write as _,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use cb_runtime::Config;
use proptest::{prelude::*, test_runner::TestRunner};

use crate::server::{WRITE, server};

#[derive(Clone, Debug)]
struct Request {
    method: &'static str,
    target: Vec<u8>,
    kind: &'static str,
    body: Vec<u8>,
}

/// Bytes as they may stand in a request's first line, some of them percent-encoded.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let encoded = any::<u8>().prop_map(|byte| format!("%{byte:02X}").into_bytes());
    let odd = prop::sample::select(vec![
        "%", "%2", "%zz", "..", "%2e%2e", "%2F", "//", "%00", "%25", "[", "]", "db", "key",
    ]);
    prop_oneof![
        2 => encoded,
        2 => odd.prop_map(|odd| odd.as_bytes().to_vec()),
        1 => (0x21_u8..0x7f).prop_filter("ends the path", |byte| *byte != b'#').prop_map(|byte| vec![byte]),
        1 => (0x80_u8..).prop_map(|byte| vec![byte]),
    ]
}

fn target() -> impl Strategy<Value = Vec<u8>> {
    let start = prop::sample::select(vec![
        "/status",
        "/status/",
        "/health",
        "/alerts",
        "/metrics",
        "/declarations",
        "/reset/",
        "/reset-by-type/",
        "/mode/",
        "/config/",
        "/mode/db",
        "/config/db",
        "/reset/db",
        "/test-service",
        "/openapi.json",
        "/",
        "/status/db?key=",
        "/config/db?reason=",
        "/status?limit=",
        "/status?state=",
        "/health?fail_under=",
    ]);
    (start, prop::collection::vec(piece(), 0..12))
        .prop_map(|(start, rest)| [start.as_bytes(), &rest.concat()].concat())
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let value = prop::sample::select(vec![
        "0",
        "-1",
        "1e999",
        "4294967296",
        "0.5",
        "\"30s\"",
        "\"\\ud800\"",
        "\"disabled\"",
        "\"\\u0000\"",
        "null",
        "{}",
        "[]",
        "true",
        "{\"factor\": 2, \"max\": \"1m\"}",
        "\"db\"",
        "\"999999999999999999999d\"",
    ]);
    let key = prop::sample::select(vec![
        "mode",
        "for",
        "reason",
        "service_name",
        "iterations",
        "test_type",
        "failure_threshold",
        "recovery_timeout",
        "backoff",
        "window",
        "service_type",
        "failure_rate",
        "",
        "\\u0000",
        "x",
    ]);
    let object = prop::collection::vec((key, value), 0..5).prop_map(|members| {
        let mut text = String::from("{");
        for (at, (key, value)) in members.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(text, "{comma}\"{key}\": {value}").unwrap();
        }
        text.push('}');
        text.into_bytes()
    });
    prop_oneof![4 => object, 1 => prop::collection::vec(any::<u8>(), 0..200)]
}

fn request() -> impl Strategy<Value = Request> {
    let method =
        prop::sample::select(vec!["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"]);
    let kind = prop::sample::select(vec![
        "application/json",
        "text/plain",
        "application/json; charset=\"x",
        "",
    ]);
    (method, target(), kind, body()).prop_map(|(method, target, kind, body)| Request {
        method,
        target,
        kind,
        body,
    })
}

fn send(address: SocketAddr, request: &Request) -> String {
    let Request { method, target, kind, body } = request;
    let mut head = format!("{method} ").into_bytes();
    head.extend_from_slice(target);
    let rest = format!(
        " HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {WRITE}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    head.extend_from_slice(rest.as_bytes());
    head.extend_from_slice(body);
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(&head).unwrap();
    let mut answer = Vec::new();
    // Who answers before it has read all may close early.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_at_random_are_answered_and_make_no_breaker() {
    let server = server().await;
    server.breaker("db", Config::builder().service_type("database"));
    let (address, registry) = (server.address, server.registry.clone());
    let tried = tokio::task::spawn_blocking(move || {
        let settings =
            ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() };
        TestRunner::new(settings).run(&request(), |request| {
            let answer = send(address, &request);
            let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
            prop_assert!(head.starts_with("HTTP/1.1 "), "{answer}");
            let status = head.get(9..12).and_then(|status| status.parse::<u16>().ok());
            let status = status.unwrap_or_default();
            prop_assert!((200..500).contains(&status), "{answer}");
            // What is no HTTP at all is answered before it is anybody's request.
            let is_http = head.contains("x-content-type-options: nosniff");
            prop_assert!(is_http || (status == 400 && body.is_empty()), "{answer}");
            if is_http && status >= 400 && request.method != "HEAD" {
                prop_assert!(head.contains("application/problem+json"), "{answer}");
                let problem: serde_json::Value = serde_json::from_str(body).unwrap();
                prop_assert_eq!(&problem["status"], status);
            }
            prop_assert_eq!(registry.iter().count(), 1);
            Ok(())
        })
    });
    tried.await.unwrap().unwrap();
}
