//! The layer around a client and a server of tonic, over a real connection.

use std::{
    convert::Infallible,
    error::Error as _,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use cb_runtime::{Registry, circuit_breaker, integrations::tower::CircuitBreakerLayer};
use futures_util::future::{BoxFuture, FutureExt};
use tokio::task::JoinHandle;
use tonic::{
    Code, Request, Response, Status,
    body::Body,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    server::NamedService,
    transport::{Channel, Endpoint, Server, server::TcpIncoming},
};
use tower::Layer;

use super::*;

/// Of the message without fields, which is no bytes.
#[derive(Clone, Copy, Default)]
struct Empty;

impl Codec for Empty {
    type Encode = ();
    type Decode = ();
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Empty {
    type Item = ();
    type Error = Status;

    fn encode(&mut self, (): (), _: &mut EncodeBuf<'_>) -> Result<(), Status> {
        Ok(())
    }
}

impl Decoder for Empty {
    type Item = ();
    type Error = Status;

    fn decode(&mut self, _: &mut DecodeBuf<'_>) -> Result<Option<()>, Status> {
        Ok(Some(()))
    }
}

/// Answers with the status that the metadata ask for.
#[derive(Clone, Default)]
struct Stock {
    times: Arc<AtomicU32>,
}

impl NamedService for Stock {
    const NAME: &'static str = "shop.Stock";
}

impl Service<Request<()>> for Stock {
    type Response = Response<()>;
    type Error = Status;
    type Future = std::future::Ready<Result<Response<()>, Status>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        self.times.fetch_add(1, Ordering::Relaxed);
        let wanted = request.metadata().get("wanted").and_then(|code| code.to_str().ok());
        let code = Code::from_bytes(wanted.unwrap_or("0").as_bytes());
        std::future::ready(if code == Code::Ok {
            Ok(Response::new(()))
        } else {
            Err(Status::new(code, "as it was asked for"))
        })
    }
}

impl Service<http::Request<Body>> for Stock {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<http::Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let stock = self.clone();
        async move { Ok(tonic::server::Grpc::new(Empty).unary(stock, request).await) }.boxed()
    }
}

struct Running {
    address: SocketAddr,
    stock: Stock,
    task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn start() -> Running {
    let stock = Stock::default();
    let incoming = TcpIncoming::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = incoming.local_addr().unwrap();
    let served = Server::builder().add_service(stock.clone()).serve_with_incoming(incoming);
    let task = tokio::spawn(async { served.await.unwrap() });
    Running { address, stock, task }
}

impl Running {
    fn channel(&self) -> Channel {
        Endpoint::from_shared(format!("http://{}", self.address)).unwrap().connect_lazy()
    }

    fn times(&self) -> u32 {
        self.stock.times.load(Ordering::Relaxed)
    }
}

/// What generated clients are around.
type Client<S> = tonic::client::Grpc<S>;

/// One unary call, as generated clients make it.
async fn ask<S, B>(service: S, wanted: Code) -> Result<(), Status>
where
    S: Service<http::Request<Body>, Response = http::Response<B>>,
    S::Error: Into<tower::BoxError>,
    B: hyper::body::Body<Error: Into<tower::BoxError>> + Send + 'static,
{
    ask_by(Client::new(service), wanted).await
}

async fn ask_by<S, B>(mut client: Client<S>, wanted: Code) -> Result<(), Status>
where
    S: Service<http::Request<Body>, Response = http::Response<B>>,
    S::Error: Into<tower::BoxError>,
    B: hyper::body::Body<Error: Into<tower::BoxError>> + Send + 'static,
{
    client.ready().await.map_err(|error| Status::from_error(error.into()))?;
    let mut request = Request::new(());
    request.metadata_mut().insert("wanted", (wanted as i32).to_string().parse().unwrap());
    let path = http::uri::PathAndQuery::from_static("/shop.Stock/Count");
    client.unary(request, path, Empty).await.map(Response::into_inner)
}

#[tokio::test]
async fn a_status_that_is_the_services_own_fault_is_a_failure() {
    let server = start();
    let failures = [
        Code::Unknown,
        Code::DeadlineExceeded,
        Code::ResourceExhausted,
        Code::Unimplemented,
        Code::Internal,
        Code::Unavailable,
        Code::DataLoss,
    ];
    for code in (0..=16).map(Code::from_i32) {
        let breaker = breaker();
        let client = CircuitBreakerLayer::new(breaker.clone()).layer(server.channel());

        let answer = ask(client, code).await;

        assert_eq!(answer.map_or_else(|status| status.code(), |()| Code::Ok), code);
        let totals = breaker.snapshot().totals;
        let failed = u64::from(failures.contains(&code));
        assert_eq!((totals.failures, totals.successes), (failed, 1 - failed), "{code:?}");
    }
}

#[tokio::test]
async fn a_client_is_turned_away_without_a_word_to_the_server() {
    let server = start();
    let breaker = breaker();
    let client = CircuitBreakerLayer::new(breaker).layer(server.channel());
    ask(client.clone(), Code::Ok).await.unwrap();
    for _ in 0..3 {
        let status = ask(client.clone(), Code::Unavailable).await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable);
    }

    let status = ask(client, Code::Ok).await.unwrap_err();

    let cause = status.source().and_then(|cause| cause.downcast_ref());
    let Some(CallError::<tonic::transport::Error>::Rejected(error)) = cause else {
        unreachable!("a rejection, and not {status:?}")
    };
    assert_eq!(error.name(), "orders");
    assert_eq!(server.times(), 4);
}

#[tokio::test]
async fn each_host_has_a_breaker_of_its_own_where_the_client_knows_its_origin() {
    let (one, two) = (start(), start());
    let registry = Registry::new();
    let layer = CircuitBreakerLayer::named("stock", settings().build().unwrap()).unwrap();
    let layer = layer.in_registry(&registry).per_host();
    let client = |server: &Running| {
        let origin = format!("http://{}", server.address).parse().unwrap();
        Client::with_origin(layer.layer(server.channel()), origin)
    };
    for _ in 0..3 {
        assert!(ask_by(client(&one), Code::Unavailable).await.is_err());
    }

    let state = |server: &Running| {
        registry.get(&format!("stock[{}]", server.address)).map(|breaker| breaker.state())
    };
    ask_by(client(&two), Code::Ok).await.unwrap();
    assert_eq!((state(&one), state(&two)), (Some(State::Open), Some(State::Closed)));
}

#[tokio::test]
async fn a_rejection_may_be_a_status() {
    let server = start();
    let breaker = breaker();
    let client = CircuitBreakerLayer::new(breaker.clone())
        .rejected_with(|error| Status::unavailable(error.to_string()).into_http::<Body>())
        .layer(server.channel());
    breaker.force_open();

    let status = ask(client, Code::Ok).await.unwrap_err();

    assert_eq!(status.code(), Code::Unavailable);
    assert!(status.message().contains("`orders`"), "{status}");
    assert_eq!(server.times(), 0);
}

#[tokio::test]
async fn a_server_turns_calls_away_by_a_status() {
    let breaker = breaker();
    let incoming = TcpIncoming::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let stock = Stock::default();
    let layer = CircuitBreakerLayer::new(breaker.clone())
        .rejected_with(|error| Status::unavailable(error.user_message()).into_http::<Body>());
    let running = Running {
        address: incoming.local_addr().unwrap(),
        stock: stock.clone(),
        task: tokio::spawn(async {
            let server = Server::builder().layer(layer).add_service(stock);
            server.serve_with_incoming(incoming).await.unwrap();
        }),
    };
    for _ in 0..3 {
        let status = ask(running.channel(), Code::Internal).await.unwrap_err();
        assert_eq!(status.code(), Code::Internal);
    }
    assert_eq!(breaker.state(), State::Open);

    let status = ask(running.channel(), Code::Ok).await.unwrap_err();

    assert_eq!(status.code(), Code::Unavailable);
    assert!(status.message().starts_with("This service is temporarily unavailable."), "{status}");
    assert_eq!(running.times(), 3);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_a_failure() {
    let server = start();
    let channel = server.channel();
    let address = server.address;
    drop(server);
    // Until nobody listens there any more.
    while tokio::net::TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    let breaker = breaker();
    let client = CircuitBreakerLayer::new(breaker.clone()).layer(channel);
    for _ in 0..3 {
        assert!(ask(client.clone(), Code::Ok).await.is_err());
    }
    assert_eq!(breaker.state(), State::Open);
}

/// Where the status is not in the head of the answer, the attribute sees what the caller sees.
#[circuit_breaker(
    name = "integrations.stock",
    failure_threshold = 2,
    record_errors = status if is_failure(status.code()),
    fallback_on = "rejected",
    fallback = |_, _| Err(Status::unavailable("later")),
)]
async fn count(channel: Channel, wanted: Code) -> Result<(), Status> {
    ask(channel, wanted).await
}

fn is_failure(code: Code) -> bool {
    !matches!(code, Code::NotFound | Code::InvalidArgument)
}

#[tokio::test]
async fn the_attribute_judges_the_status_that_a_caller_gets() {
    let server = start();
    cb_runtime::testing::isolated(async {
        for wanted in [Code::NotFound, Code::NotFound, Code::Aborted, Code::Aborted] {
            assert_eq!(count(server.channel(), wanted).await.unwrap_err().code(), wanted);
        }
        assert_eq!(count(server.channel(), Code::Ok).await.unwrap_err().message(), "later");
    })
    .await;
    assert_eq!(server.times(), 4);
}
