//! The layer around a service that hyper serves, and around a client of hyper's whose calls are dropped.

use std::{
    convert::Infallible,
    future::pending,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
};

use axum::body::Body;
use cb_runtime::integrations::tower::{CircuitBreakerLayer, service_unavailable};
use http::{Request, Response};
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
    service::TowerToHyperService,
};
use tokio::net::TcpListener;
use tower::{Layer, service_fn};

use super::*;

/// Serves this service, each connection by a clone.
async fn serve<S, B>(service: S) -> SocketAddr
where
    S: Service<Request<hyper::body::Incoming>, Response = Response<B>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send + 'static,
    B: hyper::body::Body<Error: Into<tower::BoxError>, Data: Send> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = TowerToHyperService::new(service.clone());
            tokio::spawn(async move {
                Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(stream), service)
                    .await
            });
        }
    });
    address
}

#[tokio::test]
async fn a_service_that_hyper_serves() {
    let breaker = breaker();
    let status = Arc::new(AtomicU16::new(502));
    let answered = Arc::clone(&status);
    let layer =
        CircuitBreakerLayer::new(breaker.clone()).rejected_with(service_unavailable::<String>);
    let address =
        serve(
            layer.layer(service_fn(move |_: Request<hyper::body::Incoming>| {
                let status = answered.load(Ordering::Relaxed);
                async move {
                    Ok(Response::builder().status(status).body("answered".to_owned()).unwrap())
                }
            })),
        )
        .await;
    let ask = || reqwest::get(format!("http://{address}/"));

    for _ in 0..3 {
        assert_eq!(ask().await.unwrap().status(), 502);
    }
    status.store(200, Ordering::Relaxed);
    let rejected = ask().await.unwrap();
    assert_eq!(rejected.status(), 503);
    assert!(rejected.headers().contains_key("retry-after"));

    breaker.reset();
    assert_eq!(ask().await.unwrap().text().await.unwrap(), "answered");
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_no_permit_behind() {
    let breaker = breaker();
    let layer =
        CircuitBreakerLayer::new(breaker.clone()).rejected_with(service_unavailable::<String>);
    let (came, mut has_come) = tokio::sync::mpsc::unbounded_channel();
    let address = serve(layer.layer(service_fn(move |_: Request<hyper::body::Incoming>| {
        came.send(()).unwrap();
        pending::<Result<Response<String>, Infallible>>()
    })))
    .await;
    breaker.reconfigure(|settings| settings.recovery_timeout(Duration::from_millis(1))).unwrap();
    for _ in 0..3 {
        breaker.try_acquire().unwrap().failure();
    }
    until(|| breaker.state() == State::HalfOpen).await;

    let asked = tokio::spawn(reqwest::get(format!("http://{address}/")));
    has_come.recv().await.unwrap();
    assert!(breaker.try_acquire().is_err(), "it has the one permit");
    asked.abort();

    until(|| breaker.snapshot().totals.cancelled == 1).await;
    assert!(breaker.try_acquire().is_ok());
}

#[tokio::test]
async fn a_call_of_a_client_of_hyper_that_is_dropped_gives_its_permit_back() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let breaker = breaker();
    let client = Client::builder(TokioExecutor::new()).build_http::<Body>();
    let mut client = CircuitBreakerLayer::new(breaker.clone()).layer(client);
    let request = Request::get(format!("http://{}/", silent.local_addr().unwrap()));

    let asked = call(&mut client, request.body(Body::empty()).unwrap());
    tokio::select! {
        _ = asked => unreachable!("nobody answers"),
        connection = silent.accept() => drop(connection.unwrap()),
    }

    let totals = breaker.snapshot().totals;
    assert_eq!((totals.cancelled, totals.failures), (1, 0));
}
