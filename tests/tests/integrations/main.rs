//! Breakers around the clients and servers of other libraries: pure services on a paused clock, and real
//! servers and clients on 127.0.0.1.

#![cfg(all(feature = "tower", feature = "reqwest"))]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod answers;
mod axum_server;
mod bounds;
mod clients;
mod grpc;
mod http_heads;
mod hyper_server;
mod keyed;
mod layer;
mod middleware;
mod permits;
mod readiness;
mod rejections;
mod server;
mod stacks;

use std::{
    pin::Pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use cb_runtime::{CallError, CircuitBreaker, CircuitError, Config, ConfigBuilder, State};
use tower::{Service, ServiceExt};

const SECOND: Duration = Duration::from_secs(1);
const RECOVERY: Duration = Duration::from_secs(30);

/// Three failures open, for [`RECOVERY`]; one probe at a time, and one success closes.
fn settings() -> ConfigBuilder {
    Config::builder().failure_threshold(3).recovery_timeout(RECOVERY)
}

fn breaker() -> CircuitBreaker {
    CircuitBreaker::new("orders", settings().build().unwrap())
}

async fn call<S, Request>(service: &mut S, request: Request) -> Result<S::Response, S::Error>
where
    S: Service<Request>,
{
    service.ready().await?.call(request).await
}

/// What a service is asked for, and answers with.
type Wanted = Result<u32, &'static str>;

/// Opens the breaker through a service that answers with what it is asked for.
async fn open<S, E>(service: &mut S, breaker: &CircuitBreaker)
where
    S: Service<Wanted, Response = u32, Error = E>,
{
    for _ in 0..3 {
        assert!(call(service, Err("refused")).await.is_err());
    }
    assert_eq!(breaker.state(), State::Open);
}

/// The rejection that a call ended in.
fn rejection<T: std::fmt::Debug, E: std::fmt::Debug>(
    answer: Result<T, CallError<E>>,
) -> CircuitError {
    match answer {
        Err(CallError::Rejected(error)) => error,
        other => unreachable!("the call was to be rejected, but ended in {other:?}"),
    }
}

fn poll_once<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Waits for what other tasks bring about.
async fn until(mut done: impl FnMut() -> bool) {
    let waiting = async {
        while !done() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(60 * SECOND, waiting).await.expect("it was to come about within a minute");
}
