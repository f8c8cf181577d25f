//! A server of the management API that can be stopped.

use std::{
    net::{Ipv4Addr, SocketAddr},
    thread::{self, JoinHandle},
    time::Duration,
};

use cb_runtime::{
    CircuitBreaker, Config, HealthCheck, HealthFuture, Registry,
    admin::{self, Auth},
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

/// Opens a breaker by calls that fail with this error.
pub(crate) fn fail(breaker: &CircuitBreaker, error: &'static str) {
    for _ in 0..breaker.config().failure_threshold() {
        let failed = breaker.call_blocking(|| Err::<(), _>(error));
        assert!(failed.is_err());
    }
}
