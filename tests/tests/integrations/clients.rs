//! The layer around clients that are services, over real connections.

use cb_runtime::{Registry, integrations::tower::CircuitBreakerLayer};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use reqwest::Method;
use tower::{Layer, ServiceBuilder};

use super::{server::Server, *};

fn named(registry: &Registry) -> CircuitBreakerLayer<cb_runtime::integrations::tower::Named> {
    let config = settings().build().unwrap();
    CircuitBreakerLayer::named("api", config).unwrap().in_registry(registry)
}

#[tokio::test]
async fn a_client_of_reqwest_with_a_breaker_for_each_host() {
    let (one, two) = (Server::start().await, Server::start().await);
    let registry = Registry::new();
    let mut client =
        ServiceBuilder::new().layer(named(&registry).per_host()).service(reqwest::Client::new());
    let get = |server: &Server| reqwest::Request::new(Method::GET, server.url().parse().unwrap());

    one.answers(500);
    for _ in 0..3 {
        assert_eq!(call(&mut client, get(&one)).await.unwrap().status(), 500);
    }

    let error = rejection(call(&mut client, get(&one)).await);
    assert_eq!(error.name(), format!("api[{}]", one.address));
    assert_eq!(one.times(), 3);
    let answer = call(&mut client, get(&two)).await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "an answer");
}

#[tokio::test]
async fn a_client_of_reqwest_that_finds_nobody() {
    let server = Server::start().await;
    let (url, address) = (server.url(), server.address);
    drop(server);
    // Until nobody listens there any more.
    while tokio::net::TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    let breaker = breaker();
    let mut client = CircuitBreakerLayer::new(breaker.clone()).layer(reqwest::Client::new());
    for _ in 0..3 {
        let answer =
            call(&mut client, reqwest::Request::new(Method::GET, url.parse().unwrap())).await;
        assert!(matches!(answer, Err(CallError::Failed(error)) if error.is_connect()));
    }
    assert_eq!(breaker.state(), State::Open);
}

#[tokio::test]
async fn a_client_of_hyper() {
    let server = Server::start().await;
    let registry = Registry::new();
    let client = Client::builder(TokioExecutor::new()).build_http::<axum::body::Body>();
    let mut client = named(&registry).per_host().layer(client);
    let get = || http::Request::get(server.url()).body(axum::body::Body::empty()).unwrap();

    assert_eq!(call(&mut client, get()).await.unwrap().status(), 200);
    server.answers_with_retry_after(429, "120");
    assert_eq!(call(&mut client, get()).await.unwrap().status(), 429);

    let error = rejection(call(&mut client, get()).await);
    let left = error.retry_after().unwrap();
    assert!(left > 100 * SECOND && left <= 120 * SECOND, "{left:?}");
    assert_eq!(server.times(), 2);
}

#[tokio::test]
async fn retry_after_as_a_date_is_taken_against_the_date_of_the_server() {
    let server = Server::start().await;
    let breaker = breaker();
    let client = Client::builder(TokioExecutor::new()).build_http::<axum::body::Body>();
    let mut client = CircuitBreakerLayer::new(breaker.clone()).layer(client);
    let get = || http::Request::get(server.url()).body(axum::body::Body::empty()).unwrap();
    let in_two_minutes = std::time::SystemTime::now() + 120 * SECOND;
    server.answers_with_retry_after(503, &httpdate::fmt_http_date(in_two_minutes));

    let answer = call(&mut client, get()).await.unwrap();
    assert!(answer.headers().contains_key("date"));

    let left = rejection(call(&mut client, get()).await).retry_after().unwrap();
    assert!(left > 60 * SECOND && left <= 121 * SECOND, "{left:?}");
    assert_eq!(server.times(), 1);
}
