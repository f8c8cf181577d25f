//! What joining returns.

use std::{fmt, sync::Arc, time::Duration};

use tokio::sync::{mpsc, oneshot};

use super::{
    error::SharedError,
    link::{Wish, known::text_of},
    status::Status,
    wire::{Order, Request, millis},
};
use crate::{breaker::Mode, config::read_settings, observe::together::SharedStatus};

/// A registry's part in the shared state, from [`Registry::share`](crate::Registry::share). Cheap to
/// clone.
///
/// What is done by it is done for all instances, those included that come while it is in force. An
/// operator's word for this instance alone is given to the [breaker](crate::CircuitBreaker) itself.
///
/// Dropping it changes nothing: the registry goes on sharing until it [leaves](Self::leave) or is gone.
#[derive(Clone)]
pub struct SharedHandle {
    wishes: mpsc::Sender<Wish>,
    status: Arc<Status>,
}

impl fmt::Debug for SharedHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedHandle").field("status", &self.status()).finish_non_exhaustive()
    }
}

impl SharedHandle {
    pub(super) fn new(wishes: mpsc::Sender<Wish>, status: Arc<Status>) -> Self {
        Self { wishes, status }
    }

    /// How this instance stands to the store.
    pub fn status(&self) -> SharedStatus {
        self.status.read()
    }

    /// Resets a breaker in all instances. One that is away for less than `lasts` does it when it
    /// is back, unless its breaker has opened since.
    ///
    /// # Errors
    /// [`SharedError`] where the store is away, or the registry has left.
    pub async fn reset(&self, name: &str, lasts: Duration) -> Result<(), SharedError> {
        self.order(name, Order::Reset, lasts).await
    }

    /// Sets a mode in all instances for so long. [`Mode::Normal`] takes it back.
    ///
    /// # Errors
    /// [`SharedError`] where the store is away, or the registry has left.
    pub async fn set_mode(
        &self,
        name: &str,
        mode: Mode,
        lasts: Duration,
    ) -> Result<(), SharedError> {
        self.order(name, Order::Mode(text_of(mode).to_owned()), lasts).await
    }

    /// Changes settings of a breaker in all instances for so long: an object of JSON with the names and
    /// values of a configuration file, `{"failure_threshold": 3, "recovery_timeout": "10s"}`. One without
    /// any takes the change back.
    ///
    /// What an instance has set otherwise meanwhile stays when the time is over; settings that contradict
    /// those of an instance are not in force in that one. A breaker that is made later has them within
    /// [`read_again`](crate::SharedOptions::read_again).
    ///
    /// # Errors
    /// [`SharedError::Settings`] for settings that cannot be, [`SharedError`] where the store is away, or
    /// the registry has left.
    pub async fn configure(
        &self,
        name: &str,
        settings: &str,
        lasts: Duration,
    ) -> Result<(), SharedError> {
        if let Err(problems) = read_settings(settings) {
            let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
            return Err(SharedError::Settings(told.join("; ")));
        }
        self.order(name, Order::Config(settings.to_owned()), lasts).await
    }

    /// Leaves: from here on the registry's breakers decide alone. They stay as they are.
    pub async fn leave(self) {
        let (done, left) = oneshot::channel();
        if self.wishes.send(Wish::Leave(done)).await.is_ok() {
            let _ = left.await;
        }
    }

    async fn order(&self, name: &str, order: Order, lasts: Duration) -> Result<(), SharedError> {
        let request = Request::Order { name: name.to_owned(), order, lasts: millis(lasts) };
        let (to, said) = oneshot::channel();
        self.wishes.send(Wish::Send(request, to)).await.map_err(|_| SharedError::Left)?;
        said.await.unwrap_or(Err(SharedError::Left))
    }
}
