//! What Prometheus and its tools make of a scrape.

use std::{path::Path, time::Instant};

use axum::{
    Router,
    extract::State as Shared,
    http::{HeaderMap, header},
    response::IntoResponse,
    routing::get,
};
use cb_runtime::State;
use serde_json::Value;
use tokio::net::TcpListener;

use super::{
    programs::{Server, assert_content, promtool},
    *,
};

/// For a slow computer.
const LONG: Duration = Duration::from_secs(60);

fn busy() -> Registry {
    let registry = Registry::new();
    let db = make(&registry, "web_app/database", settings().min_calls(1).slow_call(SECOND));
    (0..7).for_each(|_| succeed(&db));
    fail(&db);
    fail(&db);
    assert_eq!(db.state(), State::Open);
    make(&registry, "cache", settings());
    registry
}

#[test]
fn promtool_has_no_complaint() {
    for registry in [busy(), Registry::new()] {
        let text = encode(&registry, Format::Prometheus);
        if let Some(output) = promtool(&["check", "metrics"], Path::new("."), &text) {
            assert_content(&output);
        }
    }
}

/// What a program with an HTTP server of its own does, but that it answers in the format of the test.
async fn metrics(Shared((registry, format)): Shared<(Registry, Format)>) -> impl IntoResponse {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, format.content_type().parse().unwrap());
    (headers, encode(&registry, format))
}

/// Has a server of Prometheus scrape the breakers, and asks it what it has got.
async fn ask_prometheus(format: Format, queries: &[(&str, &str)]) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let app = Router::new().route("/metrics", get(metrics)).with_state((busy(), format));
    tokio::spawn(async move { axum::serve(listener, app).await });
    let Some(server) = Server::start(port) else { return };
    let deadline = Instant::now() + LONG;
    for (query, expected) in queries {
        loop {
            let found = query_of(&server, query).await;
            if found.as_deref() == Some(expected) {
                break;
            }
            let log = server.log();
            assert!(Instant::now() < deadline, "{query} is {found:?} and not {expected}\n{log}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// The value of the only series that the query finds.
async fn query_of(server: &Server, query: &str) -> Option<String> {
    let url = format!("http://127.0.0.1:{}/api/v1/query", server.port);
    let url = reqwest::Url::parse_with_params(&url, [("query", query)]).unwrap();
    let answer: Value = reqwest::get(url).await.ok()?.json().await.ok()?;
    let [only] = answer["data"]["result"].as_array()?.as_slice() else { return None };
    only["value"][1].as_str().map(str::to_owned)
}

const QUERIES: [(&str, &str); 6] = [
    ("up", "1"),
    (r#"circuit_breaker_calls_total{name="web_app/database",outcome="success"}"#, "7"),
    (r#"circuit_breaker_trips_total{reason="consecutive_failures",name="web_app/database"}"#, "1"),
    (r#"circuit_breaker_state{name="web_app/database"}"#, "2"),
    (r#"sum(circuit_breaker_in_state{state="closed"})"#, "1"),
    (r#"circuit_breaker_call_duration_seconds_bucket{name="web_app/database",le="+Inf"}"#, "9"),
];

#[tokio::test]
async fn prometheus_scrapes_its_own_format() {
    ask_prometheus(Format::Prometheus, &QUERIES).await;
}

#[tokio::test]
async fn prometheus_scrapes_openmetrics() {
    ask_prometheus(Format::OpenMetrics, &QUERIES).await;
}
