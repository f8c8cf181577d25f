//! Instances that meet in a real Redis.

use std::{
    env,
    io::ErrorKind,
    net::SocketAddr,
    process::Command,
    time::{Duration, Instant},
};

use cb_runtime::{
    CircuitBreaker, Config, ConfigBuilder, Registry, SharedHandle, SharedOptions, SharedState,
    State,
};

use super::server::{RedisServer, StartError};

/// For what is to happen soon, on a computer that has much else to do.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// `None` where there is no Redis: said aloud, and a failure in CI.
pub(crate) fn server() -> Option<RedisServer> {
    match RedisServer::start() {
        Ok(server) => Some(server),
        Err(StartError::NotInstalled) if env::var_os("CI").is_none() => {
            eprintln!("skipped: {}", StartError::NotInstalled);
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// Whether a program is there: where it is not, that is said aloud, and a failure in CI.
pub(crate) fn is_there(program: &str) -> bool {
    match Command::new(program).arg("--version").output() {
        Ok(_) => true,
        Err(error) if error.kind() == ErrorKind::NotFound && env::var_os("CI").is_none() => {
            eprintln!("skipped: `{program}` is not installed");
            false
        }
        Err(error) => panic!("`{program}` cannot be started: {error}"),
    }
}

pub(crate) fn address(server: &RedisServer) -> SocketAddr {
    server.url().trim_start_matches("redis://").parse().unwrap()
}

/// Stops the process where it is, or lets it go on.
pub(crate) fn signal(id: u32, signal: &str) {
    let sent = Command::new("kill").args([signal, &id.to_string()]).status().unwrap();
    assert!(sent.success());
}

pub(crate) fn settings() -> ConfigBuilder {
    Config::builder().failure_threshold(2).recovery_timeout(Duration::from_secs(3_600))
}

pub(crate) fn options() -> SharedOptions {
    SharedOptions::new().prefix("shop")
}

pub(crate) struct Instance {
    pub(crate) registry: Registry,
    pub(crate) breaker: CircuitBreaker,
    pub(crate) handle: SharedHandle,
}

impl Instance {
    pub(crate) fn new(url: &str, options: SharedOptions, settings: ConfigBuilder) -> Self {
        let registry = Registry::new();
        let handle = registry.share(SharedState::redis(url, options).unwrap()).unwrap();
        let breaker = registry.get_or_register("db", settings.build().unwrap()).unwrap();
        Self { registry, breaker, handle }
    }

    pub(crate) fn connected(url: &str, options: SharedOptions, settings: ConfigBuilder) -> Self {
        let instance = Self::new(url, options, settings);
        within(PATIENCE, "connected", || instance.handle.status().connected);
        instance
    }

    pub(crate) fn call(&self, ok: bool) -> bool {
        self.breaker.call_blocking(|| if ok { Ok(()) } else { Err(()) }).is_ok()
    }

    pub(crate) fn trip(&self) {
        for _ in 0..self.breaker.config().failure_threshold() {
            self.call(false);
        }
        assert_eq!(self.state(), State::Open);
    }

    pub(crate) fn state(&self) -> State {
        self.breaker.state()
    }
}

/// How long it takes until something is so.
pub(crate) fn within(most: Duration, what: &str, is_so: impl Fn() -> bool) -> Duration {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < most, "not within {most:?}: {what}");
        std::thread::sleep(Duration::from_micros(200));
    }
    begin.elapsed()
}

/// How many commands Redis has taken of each kind.
pub(crate) fn commands(server: &RedisServer) -> u64 {
    let mut connection = redis::Client::open(server.url()).unwrap().get_connection().unwrap();
    let info: String = redis::cmd("INFO").arg("commandstats").query(&mut connection).unwrap();
    let calls = info.lines().filter_map(|line| {
        let (command, figures) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
        // What this itself sends, and what a new connection does.
        let is_ours =
            command.starts_with("info") || command.starts_with("client|") || command == "hello";
        let calls: u64 = figures.split(',').next()?.parse().ok()?;
        (!is_ours).then_some(calls)
    });
    calls.sum()
}
