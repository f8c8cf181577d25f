//! The middleware in a client of reqwest, over real connections.

use cb_runtime::{
    Registry,
    integrations::reqwest::{CircuitBreakerMiddleware, Outcome, rejection},
};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};

use super::{
    server::{self, Server},
    *,
};

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
    server.answers_with_retry_after(429, "120");

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

#[tokio::test]
async fn bodies_are_streamed_both_ways() {
    let (chunks, stream) = tokio::sync::mpsc::unbounded_channel::<&'static str>();
    let echo = axum::Router::new()
        .route("/", axum::routing::post(|body: axum::body::Body| async { body }));
    let served = server::serve(echo).await;
    let breaker = breaker();
    let client = client(CircuitBreakerMiddleware::new(breaker.clone()));

    let body = futures_util::stream::unfold(stream, |mut stream| async move {
        let chunk = stream.recv().await?;
        Some((Ok::<_, std::io::Error>(chunk), stream))
    });
    chunks.send("one ").unwrap();
    let sent = client.post(format!("http://{}/", served.address));
    let mut answer = sent.body(reqwest::Body::wrap_stream(body)).send().await.unwrap();
    assert_eq!(answer.chunk().await.unwrap().unwrap(), "one ");
    let totals = breaker.snapshot().totals;
    assert_eq!((totals.calls, totals.successes), (1, 1), "the head has decided");
    chunks.send("two").unwrap();
    drop(chunks);

    assert_eq!(answer.text().await.unwrap(), "two");
    served.task.abort();
}

#[tokio::test]
async fn a_body_that_breaks_off_comes_after_the_verdict() {
    let (url, silent) = half_an_answer().await;
    let breaker = breaker();
    let client = client(CircuitBreakerMiddleware::new(breaker.clone()));

    let answer = client.get(url).send().await.unwrap();
    silent.await.unwrap();

    assert!(answer.bytes().await.is_err(), "the connection broke off");
    let totals = breaker.snapshot().totals;
    assert_eq!((totals.successes, totals.failures), (1, 0));
}

/// A server that closes the connection in the middle of its answer.
async fn half_an_answer() -> (String, tokio::task::JoinHandle<()>) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let task = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let read = stream.read(&mut [0; 1024]).await.unwrap();
        assert!(read > 0, "a request");
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf").await.unwrap();
    });
    (url, task)
}
