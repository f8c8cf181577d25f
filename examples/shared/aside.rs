//! Servers that are stopped and started beside what else goes on.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::task::spawn_blocking;

use crate::servers::{Process, Server};

/// A server that another thread stops and starts, which takes its time: tasks go on meanwhile. Ends with the
/// value.
pub struct Aside<P>(Arc<Mutex<Server<P>>>);

impl<P: Process<Error: Send> + Send + 'static> Aside<P> {
    /// Of a server that was started.
    pub fn new(server: Server<P>) -> Self {
        Self(Arc::new(Mutex::new(server)))
    }

    /// The server, as soon as nobody stops or starts it.
    pub fn lock(&self) -> MutexGuard<'_, Server<P>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends it without warning.
    ///
    /// # Errors
    /// Where there is no thread for it.
    pub async fn kill(&self) -> Result<(), P::Error> {
        self.have(|server| {
            server.kill();
            Ok(())
        })
        .await
    }

    /// Starts it after it was killed, at the same address.
    ///
    /// # Errors
    /// Where it does not come up.
    pub async fn start_again(&self) -> Result<(), P::Error> {
        self.have(Server::start_again).await
    }

    async fn have(&self, does: fn(&mut Server<P>) -> Result<(), P::Error>) -> Result<(), P::Error> {
        let server = Self(Arc::clone(&self.0));
        spawn_blocking(move || does(&mut server.lock())).await.map_err(io::Error::from)?
    }
}
