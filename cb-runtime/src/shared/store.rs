//! The seam between an instance and what keeps the shared state.

use tokio::sync::mpsc;

use super::{
    office::AtOnce,
    wire::{Reply, Request, View},
};

/// Where instances meet.
pub(crate) trait Store: Send + Sync + 'static {
    type Line: Line;

    /// What people call it; without a password.
    fn name(&self) -> String;

    /// How it is asked on the spot, where it answers at once.
    fn at_once(&self) -> Option<AtOnce> {
        None
    }

    /// A line to it, and what is published from here on.
    fn connect(
        &self,
    ) -> impl Future<Output = Result<(Self::Line, mpsc::Receiver<Heard>), Trouble>> + Send;
}

/// A line to the store, for many questions at once.
pub(crate) trait Line: Clone + Send + Sync + 'static {
    fn ask(&self, request: Request) -> impl Future<Output = Result<Reply, Trouble>> + Send;
}

/// What comes without being asked for. Some of it may be lost.
#[derive(Debug)]
pub(crate) enum Heard {
    Changed(Box<View>),
    /// Something, which cannot be understood.
    Garbled,
    /// No more will come.
    Cut,
}

/// Why the store did not answer, in a user's words and without a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Trouble(pub(crate) String);
