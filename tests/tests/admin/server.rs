//! A server on a free port of loopback, and what asks it.

use std::net::SocketAddr;

use cb_runtime::{
    Config, ConfigBuilder, Registry,
    admin::{self, Auth},
};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use tokio::{net::TcpListener, task::AbortHandle};

pub(crate) const READ: &str = "read-token";
pub(crate) const WRITE: &str = "write-token";

/// A registry and its API. It ends with this.
pub(crate) struct Server {
    pub(crate) registry: Registry,
    pub(crate) address: SocketAddr,
    client: reqwest::Client,
    token: Option<&'static str>,
    task: AbortHandle,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One with tokens, asked with the one that may change things.
pub(crate) async fn server() -> Server {
    Server::with(Registry::new(), Auth::tokens(READ, WRITE), Some(WRITE)).await
}

/// One for callers on loopback.
pub(crate) async fn loopback() -> Server {
    Server::with(Registry::new(), Auth::loopback_only(), None).await
}

impl Server {
    pub(crate) async fn with(registry: Registry, auth: Auth, token: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = admin::serve_on(listener, registry.clone(), auth);
        let task = tokio::spawn(async move { serving.await.unwrap() }).abort_handle();
        let client = reqwest::Client::new();
        Self { registry, address, client, token, task }
    }

    /// A breaker with these settings.
    pub(crate) fn breaker(
        &self,
        name: &str,
        settings: ConfigBuilder,
    ) -> cb_runtime::CircuitBreaker {
        self.registry.get_or_register(name, settings.build().unwrap()).unwrap()
    }

    /// A breaker that one failure has opened.
    pub(crate) fn opened(&self, name: &str) -> cb_runtime::CircuitBreaker {
        let breaker = self.breaker(name, Config::builder().failure_threshold(1));
        breaker.try_acquire().unwrap().failure();
        breaker
    }

    /// A request without a token.
    pub(crate) fn plain(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.address))
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.plain(method, path);
        match self.token {
            Some(token) => request.bearer_auth(token),
            None => request.header("origin", format!("http://{}", self.address)),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.request(Method::POST, path).json(&body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.request(Method::PUT, path).json(&body)).await
    }
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) async fn of(request: RequestBuilder) -> Self {
        Self::read(request.send().await.unwrap()).await
    }

    pub(crate) async fn read(response: Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        Self { status, headers, text: response.text().await.unwrap() }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The body, of an answer that all is well.
    pub(crate) fn json(&self) -> Value {
        assert!(self.status.is_success(), "{self:?}");
        assert_eq!(self.header("content-type"), "application/json", "{self:?}");
        serde_json::from_str(&self.text).unwrap()
    }

    /// The body, of an answer of this status that says what is wrong.
    pub(crate) fn problem(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        let problem: Value = serde_json::from_str(&self.text).unwrap();
        assert_eq!(problem["status"], status);
        assert_eq!(problem["type"], "about:blank");
        assert_eq!(problem["title"], self.status.canonical_reason().unwrap());
        assert!(problem["detail"].is_string());
        problem
    }
}
