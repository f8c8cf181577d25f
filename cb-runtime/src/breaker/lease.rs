//! The lease that a probe takes where other instances of the program ask the same service.
//!
//! A breaker knows of the others by a [`Fellowship`] alone. It is asked once for each probe, by the call
//! that wants to be it and holds the permit meanwhile: so no more calls ask at once than there may be
//! probes, and one that is dropped while it waits leaves nothing behind.
//!
//! That is done before the breaker is asked, and not in between: what a call is admitted with would have
//! to go through the memory of its future, and be slower for it in every call.

use std::{
    pin::Pin,
    sync::mpsc,
    task::{Context, Poll},
    time::Duration,
};

use tokio::sync::oneshot;

use super::{core::Core, machine::Judged};
use crate::{config::Config, name::Name, observe::together::SharedBreaker};

/// The other instances, as breakers see them.
pub(crate) trait Fellowship: Send + Sync {
    /// Asks whether one more probe may be; what answers goes to `asker`. `None` where nobody can be
    /// asked now; otherwise for how long to wait for the answer.
    fn ask(&self, ask: Ask) -> Option<Duration>;

    /// A probe has ended, or will not begin.
    fn ended(&self, name: &Name, probe: u64, judged: Judged);

    /// How a breaker stands to those of its name.
    fn standing(&self, name: &Name) -> SharedBreaker;

    /// A breaker has just been made; it is to be as others of its name are.
    fn made(&self, core: &Core);
}

/// A question, from a probe to be.
pub(crate) struct Ask {
    pub(crate) name: Name,
    /// Which probe of the breaker, see [`Ticket::of_probe`](super::ticket::Ticket::of_probe).
    pub(crate) probe: u64,
    /// So many may there be at once.
    pub(crate) most: u32,
    /// For how long.
    pub(crate) time: Duration,
    /// So many successes close the breaker.
    pub(crate) success_threshold: u32,
    pub(crate) asker: Asker,
}

/// Who waits for the answer.
pub(crate) enum Asker {
    Task(oneshot::Sender<Answer>),
    Thread(mpsc::SyncSender<Answer>),
}

/// May the probe be?
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Answer {
    Granted,
    /// Others have all there may be; not to be asked again before so long.
    Denied(Duration),
    /// Nobody knows: the breaker decides alone.
    Unknown,
}

impl Asker {
    /// Whether somebody still waited.
    pub(crate) fn answer(self, answer: Answer) -> bool {
        match self {
            Self::Task(to) => to.send(answer).is_ok(),
            Self::Thread(to) => to.try_send(answer).is_ok(),
        }
    }
}

impl Ask {
    pub(super) fn new(name: Name, probe: u64, config: &Config, asker: Asker) -> Self {
        Self {
            name,
            probe,
            most: config.half_open_max_calls(),
            time: config.probe_timeout(),
            success_threshold: config.success_threshold(),
            asker,
        }
    }
}

/// A call that may be a probe, on its way to the lease for it. In a box once it has to wait, so that the
/// future of each protected function is hardly larger for it.
#[must_use = "a future does nothing until it is polled"]
pub struct Preparing<'a>(Option<Pin<Box<dyn Future<Output = ()> + Send + 'a>>>);

impl Future for Preparing<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.as_mut().map_or(Poll::Ready(()), |asking| asking.as_mut().poll(cx))
    }
}

/// Asks the other instances for the lease of a probe, where the call that is made next may be one.
#[cold]
pub fn prepare(core: &Core) -> Preparing<'_> {
    Preparing(core.reserve().map(|reserved| Box::pin(core.prepare(reserved)) as _))
}

/// The same on this thread.
#[cold]
pub fn prepare_blocking(core: &Core) {
    if let Some(reserved) = core.reserve() {
        core.prepare_blocking(reserved);
    }
}
