//! A program with breakers and their page, which can be stopped as a whole and started again.

use std::net::SocketAddr;

use cb_runtime::{
    CircuitBreaker, Config, ConfigBuilder, Registry,
    admin::{self, Auth, axum},
};
use tokio::{net::TcpListener, runtime::Runtime};

/// It ends with this, all its connections too.
pub(crate) struct Server {
    pub(crate) registry: Registry,
    pub(crate) address: SocketAddr,
    runtime: Option<Runtime>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.runtime.take().unwrap().shutdown_background();
    }
}

impl Server {
    /// One that asks for no token.
    pub(crate) fn start() -> Self {
        Self::of(&Registry::new())
    }

    /// One of a registry that is there.
    pub(crate) fn of(registry: &Registry) -> Self {
        let router = admin::router(registry, Auth::loopback_only());
        Self::serving(registry.clone(), router, "127.0.0.1:0".parse().unwrap())
    }

    pub(crate) fn with(auth: Auth, address: SocketAddr) -> Self {
        let registry = Registry::new();
        let router = admin::router(&registry, auth);
        Self::serving(registry, router, address)
    }

    /// One whose page is under these prefixes.
    pub(crate) fn nested(prefixes: &[&str]) -> Self {
        let registry = Registry::new();
        let nest = |router: axum::Router, prefix: &&str| {
            router.nest_service(prefix, admin::router(&registry, Auth::loopback_only()))
        };
        let router = prefixes.iter().fold(axum::Router::new(), nest);
        Self::serving(registry, router, "127.0.0.1:0".parse().unwrap())
    }

    fn serving(registry: Registry, router: axum::Router, address: SocketAddr) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        // The port of one that was stopped a moment ago is still being given back.
        let listener = loop {
            match std::net::TcpListener::bind(address) {
                Ok(listener) => break listener,
                Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
                    std::thread::yield_now();
                }
                Err(error) => panic!("{error}"),
            }
        };
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let with_peers = router.into_make_service_with_connect_info::<SocketAddr>();
        runtime.spawn(async move {
            axum::serve(TcpListener::from_std(listener).unwrap(), with_peers).await.unwrap();
        });
        Self { registry, address, runtime: Some(runtime) }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// A breaker with these settings.
    pub(crate) fn breaker(&self, name: &str, settings: ConfigBuilder) -> CircuitBreaker {
        self.registry.get_or_register(name, settings.build().unwrap()).unwrap()
    }

    /// A breaker that this error has opened.
    pub(crate) async fn opened(&self, name: &str, error: &str) -> CircuitBreaker {
        let breaker = self.breaker(name, Config::builder().failure_threshold(1));
        let answer = breaker.call(|| async { Err::<(), _>(error.to_owned()) }).await;
        assert!(answer.is_err());
        breaker
    }
}
