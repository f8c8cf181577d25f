//! A Redis server of the program's own, on a free port and without files.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Ends with the value.
pub struct RedisServer {
    process: Child,
    port: u16,
}

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// It was not found.
    #[error(
        "`redis-server` is not installed: `apt-get install redis-server` or `brew install redis`"
    )]
    NotInstalled,
    /// It could not be run.
    #[error("`redis-server` cannot be started: {0}")]
    Io(#[from] io::Error),
    /// It has ended, or has not come up in time.
    #[error("`redis-server` does not answer on port {0}")]
    Silent(u16),
}

impl RedisServer {
    /// Starts an empty server.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn start() -> Result<Self, StartError> {
        let mut tries = 0;
        loop {
            // Bound and let go: the port is free now, if nobody is quicker.
            let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
            tries += 1;
            match Self::start_on(port) {
                Err(StartError::Silent(_)) if tries < 5 => {}
                started => return started,
            }
        }
    }

    /// Starts an empty server on this port, such as that of one that was there before.
    ///
    /// # Errors
    /// [`StartError`]; the port may be taken.
    pub fn start_on(port: u16) -> Result<Self, StartError> {
        let process = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
            .args(["--save", "", "--appendonly", "no", "--dir", "/tmp"])
            .stdout(Stdio::null())
            .spawn()
            .map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => StartError::NotInstalled,
                _ => StartError::Io(error),
            })?;
        let mut server = Self { process, port };
        let deadline = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect_timeout(&server.address(), Duration::from_secs(1)).is_err() {
            if server.process.try_wait()?.is_some() || Instant::now() > deadline {
                return Err(StartError::Silent(port));
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok(server)
    }

    /// For clients.
    pub fn url(&self) -> String {
        format!("redis://{}", self.address())
    }

    /// Of the process.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Ends it at once.
    pub fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Starts one that was killed, at the same address. It is empty.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn start_again(&mut self) -> Result<(), StartError> {
        self.kill();
        *self = Self::start_on(self.port)?;
        Ok(())
    }

    fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}
