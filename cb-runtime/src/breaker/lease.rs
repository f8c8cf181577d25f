//! The lease that a probe takes where other instances of the program ask the same service.
//!
//! A breaker knows of the others by a [`Fellowship`] alone. It is asked once for each probe, by the call
//! that wants to be it and holds the permit meanwhile: so no more calls ask at once than there may be
//! probes, and one that is dropped while it waits leaves nothing behind.

use std::{
    pin::Pin,
    sync::mpsc,
    task::{Context, Poll},
    time::Duration,
};

use tokio::sync::oneshot;

use super::{
    core::Core,
    machine::Judged,
    permit::{Held, WhenDropped},
    place::{self, Placed},
    refusal::Refusal,
};
use crate::{config::Config, name::Name, policy::Bulkhead};

/// The other instances, as breakers see them.
pub(crate) trait Fellowship: Send + Sync {
    /// Asks whether one more probe may be; what answers goes to `asker`. `None` where nobody can be
    /// asked now; otherwise for how long to wait for the answer.
    fn ask(&self, ask: Ask) -> Option<Duration>;

    /// A probe has ended, or will not begin.
    fn ended(&self, name: &Name, probe: u64, judged: Judged);

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

impl<'a> Refusal<'a> {
    /// Asks the other instances for the lease that this refusal is about, for as long as the settings
    /// allow, and then the breaker.
    pub fn lease(self) -> Leasing<'a> {
        let core = self.core();
        match core.admit_here() {
            Ok((ticket, Some(probe))) => {
                let held = Held::new(core, ticket, WhenDropped::Cancelled);
                Leasing::Asking(Box::pin(core.lease(held, probe)))
            }
            Ok((ticket, None)) => {
                Leasing::Decided(Some(Ok(Held::new(core, ticket, WhenDropped::Cancelled))))
            }
            Err(refusal) => Leasing::Decided(Some(Err(refusal))),
        }
    }

    /// The same on this thread.
    ///
    /// # Errors
    /// A refusal where there is no lease.
    pub fn lease_blocking(self) -> Result<Held<&'a Core>, Refusal<'a>> {
        let core = self.core();
        let (ticket, probe) = core.admit_here()?;
        let held = Held::new(core, ticket, WhenDropped::Cancelled);
        match probe {
            Some(probe) => core.lease_blocking(held, probe),
            None => Ok(held),
        }
    }
}

/// A call that has its lease, or is turned away.
type Leased<'a> = Result<Held<&'a Core>, Refusal<'a>>;

/// A call on its way to a lease. In a box once it has to wait, so that the future of each protected
/// function is hardly larger for it.
#[must_use = "a future does nothing until it is polled"]
pub enum Leasing<'a> {
    /// Nobody had to be asked.
    Decided(Option<Leased<'a>>),
    /// Somebody is asked.
    Asking(Pin<Box<dyn Future<Output = Leased<'a>> + Send + 'a>>),
}

impl<'a> Future for Leasing<'a> {
    type Output = Leased<'a>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut *self {
            Self::Decided(decided) => decided.take().map_or(Poll::Pending, Poll::Ready),
            Self::Asking(asking) => asking.as_mut().poll(cx),
        }
    }
}

/// Gives a call that has its lease a place.
///
/// # Errors
/// A refusal where no place is free.
pub fn placed<'a>(
    held: Held<&'a Core>,
    bulkhead: &'static Bulkhead,
    limit: u32,
) -> Result<Placed<'a>, Refusal<'a>> {
    place::enter(held, bulkhead, limit)
}
