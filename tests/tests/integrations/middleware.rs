//! The middleware in a client of reqwest, over real connections.

use cb_runtime::{
    Registry,
    integrations::reqwest::{CircuitBreakerMiddleware, Outcome, rejection},
};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};

use super::{server::Server, *};

fn client(middleware: CircuitBreakerMiddleware) -> ClientWithMiddleware {
    ClientBuilder::new(reqwest::Client::new()).with(middleware).build()
}

fn per_host(registry: &Registry) -> CircuitBreakerMiddleware {
    let config = settings().build().unwrap();
    CircuitBreakerMiddleware::per_host("api", config).unwrap().in_registry(registry)
}

#[tokio::test]
async fn each_host_has_a_breaker_of_its_own() {
    let (one, two) = (Server::start().await, Server::start().await);
    let registry = Registry::new();
    let client = client(per_host(&registry));

    one.answers(503);
    for _ in 0..3 {
        assert_eq!(client.get(one.url()).send().await.unwrap().status(), 503);
    }

    let error = client.get(one.url()).send().await.unwrap_err();
    let Some(CircuitError::Open { name, .. }) = rejection(&error) else {
        unreachable!("rejected, and not {error}")
    };
    assert_eq!(&**name, format!("api[{}]", one.address));
    let reqwest_middleware::Error::Middleware(inner) = &error else { unreachable!("{error}") };
    assert!(inner.downcast_ref::<CircuitError>().is_some());
    assert_eq!(one.times(), 3);
    assert_eq!(client.get(two.url()).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn retry_after_is_obeyed() {
    let server = Server::start().await;
    let registry = Registry::new();
    let client = client(per_host(&registry));
    server.answers(429);

    assert_eq!(client.get(server.url()).send().await.unwrap().status(), 429);

    let error = client.get(server.url()).send().await.unwrap_err();
    let left = rejection(&error).and_then(CircuitError::retry_after).unwrap();
    assert!(left > 100 * SECOND && left <= 120 * SECOND, "{left:?}");
}

#[tokio::test]
async fn one_breaker_for_all_hosts() {
    let (one, two) = (Server::start().await, Server::start().await);
    let breaker = breaker();
    let client = client(CircuitBreakerMiddleware::new(breaker.clone()));
    one.answers(500);
    for _ in 0..3 {
        assert!(client.get(one.url()).send().await.is_ok());
    }
    assert!(rejection(&client.get(two.url()).send().await.unwrap_err()).is_some());
}

#[tokio::test]
async fn a_judge_of_the_users_own() {
    let server = Server::start().await;
    let breaker = breaker();
    let middleware =
        CircuitBreakerMiddleware::new(breaker.clone()).classify(|answer| match answer {
            Ok(response) if response.status() == 404 => Outcome::failure("nothing there"),
            Ok(_) => Outcome::ignored(),
            Err(error) => Outcome::failure(error),
        });
    let client = client(middleware);
    for status in [200, 500, 404] {
        server.answers(status);
        assert_eq!(client.get(server.url()).send().await.unwrap().status(), status);
    }
    let totals = breaker.snapshot().totals;
    assert_eq!((totals.ignored, totals.failures), (2, 1));
    assert_eq!(breaker.snapshot().last_error.as_deref(), Some("nothing there"));
}

/// Takes a request and answers nothing.
async fn silent_server() -> (tokio::net::TcpListener, String) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    (listener, url)
}

#[tokio::test]
async fn a_request_that_is_dropped_is_cancelled_unless_that_is_to_be_a_failure() {
    for is_failure in [false, true] {
        let (listener, url) = silent_server().await;
        let breaker = breaker();
        let mut middleware = CircuitBreakerMiddleware::new(breaker.clone());
        if is_failure {
            middleware = middleware.cancelled_is_failure();
        }
        let client = client(middleware);
        let sent = tokio::spawn(client.get(url).send());
        let _connection = listener.accept().await.unwrap();

        sent.abort();
        assert!(sent.await.unwrap_err().is_cancelled());

        let totals = breaker.snapshot().totals;
        assert_eq!((totals.cancelled, totals.failures), if is_failure { (0, 1) } else { (1, 0) });
    }
}

#[tokio::test]
async fn a_time_limit_of_the_client_is_a_failure() {
    let (_listener, url) = silent_server().await;
    let breaker = breaker();
    let client = client(CircuitBreakerMiddleware::new(breaker.clone()));
    let error = client.get(url).timeout(Duration::from_millis(1)).send().await.unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(breaker.snapshot().totals.failures, 1);
}

#[tokio::test]
async fn the_rejection_of_a_breaker_within_is_no_failure_of_the_one_outside() {
    let (within, outside) =
        (breaker(), CircuitBreaker::new("outside", settings().build().unwrap()));
    within.force_open();
    let client = ClientBuilder::new(reqwest::Client::new())
        .with(CircuitBreakerMiddleware::new(outside.clone()))
        .with(CircuitBreakerMiddleware::new(within))
        .build();
    let error = client.get("http://127.0.0.1:1/").send().await.unwrap_err();
    assert_eq!(rejection(&error).map(CircuitError::name), Some("orders"));
    let totals = outside.snapshot().totals;
    assert_eq!((totals.ignored, totals.failures), (1, 0));
}

#[test]
fn a_name_that_no_registry_takes_is_refused() {
    assert!(CircuitBreakerMiddleware::per_host("two words", Config::default()).is_err());
}
