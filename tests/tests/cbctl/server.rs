//! A server of the management API that can be stopped.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    thread::{self, JoinHandle},
    time::Duration,
};

use cb_runtime::{
    CircuitBreaker, Config, HealthCheck, HealthFuture, Registry,
    admin::{self, Auth},
    circuit_breaker, registry, testing,
};
use tokio::{net::TcpListener, sync::oneshot};

pub(crate) struct Server {
    pub(crate) registry: Registry,
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// With a shop's breakers, all of them closed, for everybody on this computer.
    pub(crate) fn start() -> Self {
        Self::of(&shop(), Auth::loopback_only())
    }

    pub(crate) fn of(registry: &Registry, auth: Auth) -> Self {
        Self::at((Ipv4Addr::LOCALHOST, 0).into(), registry, auth)
    }

    /// On a thread of its own, as the test waits for what it has started.
    pub(crate) fn at(address: SocketAddr, registry: &Registry, auth: Auth) -> Self {
        let (stop, stopped) = oneshot::channel();
        let (told, address_told) = std::sync::mpsc::channel();
        let served = registry.clone();
        let thread = thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = TcpListener::bind(address).await.expect("the address is free");
                told.send(listener.local_addr().unwrap()).unwrap();
                tokio::select! {
                    _ = stopped => {}
                    result = admin::serve_on(listener, served, auth) => result.unwrap(),
                }
            });
        });
        let address = address_told.recv().expect("the server has started");
        listens(address);
        Self { registry: registry.clone(), address, stop: Some(stop), thread: Some(thread) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn breaker(&self, name: &str) -> CircuitBreaker {
        self.registry.get(name).expect("the breaker is there")
    }

    /// Ends it with all connections.
    pub(crate) fn stop(mut self) -> SocketAddr {
        self.end();
        self.address
    }

    fn end(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

/// Returns once it answers. From then on it hears of events too.
fn listens(address: SocketAddr) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET /health HTTP/1.0\r\nHost: {address}\r\n\r\n").unwrap();
    stream.read_to_end(&mut Vec::new()).unwrap();
}

/// Three breakers: one has had calls, one is critical and can be checked.
pub(crate) fn shop() -> Registry {
    let registry = Registry::new();
    let payments = Config::builder()
        .service_type("external_api")
        .failure_threshold(3)
        .recovery_timeout(Duration::from_secs(3600))
        .build()
        .unwrap();
    let payments = registry.get_or_register("payments", payments).unwrap();
    payments.try_acquire().unwrap().success();
    payments.try_acquire().unwrap().failure();
    let database = Config::builder()
        .service_type("database")
        .critical(true)
        .health_check(HealthCheck::new("ping", well));
    registry.get_or_register("web_app/database", database.build().unwrap()).unwrap();
    let mail = Config::builder().health_check(HealthCheck::new("knock", unwell));
    registry.get_or_register("mail", mail.build().unwrap()).unwrap();
    registry
}

fn well() -> HealthFuture {
    Box::pin(async { Ok(()) })
}

/// With a text that would clear a terminal and begin a line.
fn unwell() -> HealthFuture {
    Box::pin(async { Err("\u{1b}[2Jrefused\nok".to_owned()) })
}

/// Opens a breaker by its own counts.
pub(crate) fn fail(breaker: &CircuitBreaker) {
    while let Ok(permit) = breaker.try_acquire() {
        permit.failure();
    }
}

#[circuit_breaker(name = "noisy", failure_threshold = 1)]
fn noisy() -> anyhow::Result<()> {
    anyhow::bail!(NOISE)
}

/// An error with all in it that may steer a terminal.
pub(crate) const NOISE: &str = "\u{1b}]0;mine\u{7}\u{202e}gone\r\nverdict\thealthy";

/// A registry with the breaker `noisy`, which that error has opened.
pub(crate) fn noise() -> Registry {
    testing::isolated_blocking(|| {
        assert!(noisy().is_err());
        registry().clone()
    })
}
