//! A Redis server with arguments of its own, and a directory for its files.

use std::{
    fs,
    net::{Ipv4Addr, TcpListener, TcpStream},
    process::{self, Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

use redis::FromRedisValue;
use tempfile::TempDir;

use super::through_redis::{is_there, signal};

/// Ends with the value.
pub(crate) struct Node {
    process: Child,
    pub(crate) port: u16,
    /// Goes with it.
    pub(crate) dir: TempDir,
}

impl Node {
    /// `None` where there is no Redis. `PORT` and `DIR` in the arguments stand for what they say.
    pub(crate) fn start(arguments: &[&str]) -> Option<Self> {
        Self::start_on(free_port(), &[], arguments)
    }

    /// The same with a file of settings, which it may write to.
    pub(crate) fn with_file(settings: &str, arguments: &[&str]) -> Option<Self> {
        let port = free_port();
        let dir = TempDir::new().unwrap();
        let file = dir.path().join("redis.conf");
        fs::write(&file, settings.replace("PORT", &port.to_string())).unwrap();
        Self::start_in(dir, port, &[file.to_str().unwrap()], arguments)
    }

    pub(crate) fn start_on(port: u16, first: &[&str], arguments: &[&str]) -> Option<Self> {
        Self::start_in(TempDir::new().unwrap(), port, first, arguments)
    }

    fn start_in(dir: TempDir, port: u16, first: &[&str], arguments: &[&str]) -> Option<Self> {
        if !is_there("redis-server") {
            return None;
        }
        let path = dir.path().to_str().unwrap().to_owned();
        let arguments = arguments
            .iter()
            .map(|argument| argument.replace("PORT", &port.to_string()).replace("DIR", &path));
        let process = Command::new("redis-server")
            .args(first)
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--dir", &path])
            .args(arguments)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut node = Self { process, port, dir };
        let begin = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            assert!(node.process.try_wait().unwrap().is_none(), "it does not start");
            assert!(begin.elapsed() < Duration::from_secs(30), "it does not listen on {port}");
            thread::sleep(Duration::from_millis(10));
        }
        Some(node)
    }

    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://{}", self.address())
    }

    pub(crate) fn freeze(&self) {
        signal(self.process.id(), "-STOP");
    }

    pub(crate) fn ask<T: FromRedisValue>(&self, command: &[&str]) -> T {
        ask(&self.url(), command)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What a server answers to a command.
pub(crate) fn ask<T: FromRedisValue>(url: &str, command: &[&str]) -> T {
    let mut connection = redis::Client::open(url).unwrap().get_connection().unwrap();
    redis::cmd(command[0]).arg(&command[1..]).query(&mut connection).unwrap()
}

/// One that is free, and ten thousand more, which is where the nodes of a cluster talk to each other. No two
/// tests are given the same one.
pub(crate) fn free_port() -> u16 {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    loop {
        let given = process::id() * 97 + GIVEN.fetch_add(1, Ordering::Relaxed);
        let port = 10_000 + u16::try_from(given % 12_000).unwrap();
        let is_free = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
        if is_free(port) && is_free(port + 10_000) {
            return port;
        }
    }
}
