//! What the tests share.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use cb_runtime::{CircuitBreaker, CircuitError, State, Totals, registry};

/// An error type as services have them.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error("the service is down")]
    Down,
    #[error("there is no such thing")]
    NotFound,
    #[error("status {0}")]
    Status(u16),
    #[error(transparent)]
    Unavailable(#[from] CircuitError),
}

impl Fault {
    pub(crate) fn is_transient(&self) -> bool {
        !matches!(self, Self::NotFound)
    }

    pub(crate) fn is_rejection(&self) -> bool {
        matches!(self, Self::Unavailable(error) if error.is_rejection())
    }
}

/// A value that counts how often it was cloned.
#[derive(Debug, Default)]
pub(crate) struct Counted(Arc<AtomicUsize>);

impl Counted {
    pub(crate) fn new() -> (Self, Arc<AtomicUsize>) {
        let clones = Arc::new(AtomicUsize::new(0));
        (Self(Arc::clone(&clones)), clones)
    }
}

impl Clone for Counted {
    fn clone(&self) -> Self {
        self.0.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(&self.0))
    }
}

/// A value that can only be moved.
#[derive(Debug, PartialEq)]
pub(crate) struct Unique(pub(crate) u32);

pub(crate) fn breaker(name: &str) -> CircuitBreaker {
    registry().get(name).unwrap_or_else(|| panic!("no breaker `{name}`"))
}

pub(crate) fn totals(name: &str) -> Totals {
    breaker(name).snapshot().totals
}

/// Successes, failures, ignored, rejected, fallbacks.
pub(crate) fn counts(name: &str) -> [u64; 5] {
    let totals = totals(name);
    [totals.successes, totals.failures, totals.ignored, totals.rejected, totals.fallbacks]
}

pub(crate) fn state(name: &str) -> State {
    breaker(name).state()
}

/// A future that is `Send`, or the test does not compile.
pub(crate) fn send<F: Future + Send>(future: F) -> F {
    future
}

/// Gives another task a turn, so that what is held here is held across an await.
pub(crate) async fn turn() {
    tokio::task::yield_now().await;
}
