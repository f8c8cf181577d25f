//! What must be true of every answer.

use cb_runtime::{
    Config, Mode, Registry, State,
    admin::axum::{
        Router,
        body::{Body, to_bytes},
        http::{self, HeaderMap, HeaderValue, Method, StatusCode, header},
    },
};
use serde_json::Value;
use tower::ServiceExt as _;

use crate::{WRITE, request::Request};

/// Has the API answer, which must not panic, and looks at what came out and at what was done.
///
/// # Panics
/// Where an answer is not as the API describes it, or has done what it may not.
pub(crate) async fn check(registry: &Registry, router: &Router, request: &Request) {
    let before = Breakers::of(registry);
    let mut sent = http::Request::new(Body::from(request.body.clone()));
    *sent.method_mut() = request.method.clone();
    *sent.uri_mut() = request.target.clone();
    *sent.headers_mut() = request.headers.clone();
    let answer = match router.clone().oneshot(sent).await {
        Ok(answer) => answer,
        Err(never) => match never {},
    };
    let (head, body) = answer.into_parts();
    let after = Breakers::of(registry);
    assert_eq!(after.names(), before.names(), "a breaker came or went: {request:?}");
    if head.status.is_client_error() || head.status.is_server_error() || !may_change(request) {
        assert_eq!(
            after, before,
            "{} and all the same something was changed: {request:?}",
            head.status
        );
    }
    assert_eq!(
        head.headers.get(header::X_CONTENT_TYPE_OPTIONS).map(HeaderValue::as_bytes),
        Some(&b"nosniff"[..])
    );
    let kind = kind(&head.headers);
    if kind == "text/event-stream" {
        // It has no end.
        assert_eq!(head.status, StatusCode::OK);
        return;
    }
    let body = match to_bytes(body, usize::MAX).await {
        Ok(body) => body,
        Err(error) => panic!("half an answer: {error}: {request:?}"),
    };
    let text = String::from_utf8_lossy(&body);
    // The only one that is asked for: health below a floor.
    let is_floor =
        head.status == StatusCode::SERVICE_UNAVAILABLE && request.target.path() == "/health";
    assert!(!head.status.is_server_error() || is_floor, "{} for {request:?}: {text}", head.status);
    if request.method == Method::HEAD {
        return;
    }
    if head.status.is_client_error() {
        assert_eq!(kind, "application/problem+json", "{} for {request:?}: {text}", head.status);
    }
    if kind.ends_with("json") {
        let json = match serde_json::from_slice::<Value>(&body) {
            Ok(json) => json,
            Err(error) => panic!("no JSON: {error} in {text} for {request:?}"),
        };
        if head.status.is_client_error() {
            assert_eq!(json["status"], head.status.as_u16(), "{text}");
            assert!(json["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{text}");
        }
    }
}

fn kind(headers: &HeaderMap) -> String {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim().to_owned()
}

/// Whether the request has what a change needs: the right, and the proof that no page elsewhere sent it.
fn may_change(Request { method, headers, .. }: &Request) -> bool {
    let has = |name, text: &str| {
        headers
            .get_all(name)
            .iter()
            .any(|value| String::from_utf8_lossy(value.as_bytes()).contains(text))
    };
    let is_safe = matches!(*method, Method::GET | Method::HEAD);
    !is_safe && (has(header::AUTHORIZATION, WRITE) || has(header::ORIGIN, "http"))
}

/// What a request can change.
#[derive(Debug, PartialEq)]
struct Breakers(Vec<(String, State, Mode, Config, usize)>);

impl Breakers {
    fn of(registry: &Registry) -> Self {
        let one = |breaker: cb_runtime::CircuitBreaker| {
            let (state, mode, told) = (breaker.state(), breaker.mode(), breaker.history().len());
            (breaker.name().to_owned(), state, mode, breaker.config(), told)
        };
        let mut all: Vec<_> = registry.iter().map(one).collect();
        all.sort_by(|one, other| one.0.cmp(&other.0));
        Self(all)
    }

    fn names(&self) -> Vec<&str> {
        self.0.iter().map(|(name, ..)| name.as_str()).collect()
    }
}
