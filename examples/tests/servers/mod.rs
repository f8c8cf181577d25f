//! What examples call, started by their tests so that they can kill it.
#![allow(dead_code, reason = "each test uses what it needs")]

use std::{
    env, io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use axum::Router;
use cb_examples::{
    postgres::{self, PostgresServer},
    redis::{self, RedisServer},
};
use tokio::{runtime, sync::oneshot};

/// For a condition, on a busy computer.
const PATIENCE: Duration = Duration::from_secs(90);

/// A real Redis and a real PostgreSQL; `None` where one is missing, said aloud, and a failure in CI.
pub(crate) fn redis_and_postgres() -> anyhow::Result<Option<(RedisServer, PostgresServer)>> {
    let missing = match (RedisServer::start(), PostgresServer::start()) {
        (Ok(redis), Ok(postgres)) => return Ok(Some((redis, postgres))),
        (Err(missing @ redis::StartError::NotInstalled), _) => missing.to_string(),
        (_, Err(missing @ postgres::StartError::NotInstalled)) => missing.to_string(),
        (Err(error), _) => return Err(error.into()),
        (_, Err(error)) => return Err(error.into()),
    };
    anyhow::ensure!(env::var_os("CI").is_none(), "{missing}");
    eprintln!("skipped: {missing}");
    Ok(None)
}

/// Asks until there is an answer.
pub(crate) async fn until<T>(
    what: &str,
    mut ask: impl AsyncFnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask().await? {
            return Ok(answer);
        }
        anyhow::ensure!(Instant::now() < deadline, "in vain waited for: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A service over HTTP that can be killed, with its connections, as a process can. Ends with the value.
pub(crate) struct HttpServer {
    address: SocketAddr,
    routes: Router,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl HttpServer {
    pub(crate) fn start(routes: Router) -> io::Result<Self> {
        let mut server = Self { address: (Ipv4Addr::LOCALHOST, 0).into(), routes, running: None };
        server.start_again()?;
        Ok(server)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Closes its port and its connections.
    pub(crate) fn kill(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            let _ = stop.send(());
            let _ = thread.join();
        }
    }

    /// At the same address, with what it remembers.
    pub(crate) fn start_again(&mut self) -> io::Result<()> {
        self.kill();
        let listener = TcpListener::bind(self.address)?;
        listener.set_nonblocking(true)?;
        self.address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let routes = self.routes.clone();
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = thread::spawn(move || {
            runtime.block_on(async {
                let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
                tokio::select! {
                    _ = axum::serve(listener, routes) => {}
                    _ = stopped => {}
                }
            });
            // The connections are tasks of the runtime, which goes here.
        });
        self.running = Some((stop, thread));
        Ok(())
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        self.kill();
    }
}
