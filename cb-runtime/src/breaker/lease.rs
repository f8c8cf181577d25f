//! The lease that a probe takes where other instances of the program ask the same service.
//!
//! A breaker knows of the others by a [`Fellowship`] alone. It is asked once for each probe, by the call
//! that wants to be it and holds the permit meanwhile: so no more calls ask at once than there may be
//! probes, and one that is dropped while it waits leaves nothing behind.
//!
//! A breaker that would let a call be a probe says so by a [`Refusal`] of its own kind, and only such a
//! call asks: the others know nothing of leases. Nothing that a call is admitted with is held meanwhile,
//! or it would have to go through the memory of the call's future, and be slower for it in every call.

#[cfg(feature = "tower")]
use std::sync::Arc;
use std::{
    pin::Pin,
    sync::mpsc,
    task::{Context, Poll, ready},
    time::Duration,
};

use pin_project_lite::pin_project;
use tokio::{runtime::Handle, sync::oneshot, time::Sleep};

use super::{
    core::{Core, Reserved},
    machine::Judged,
    permit::{Held, WhenDropped},
    place::{self, Placed},
    refusal::Refusal,
    ticket::Ticket,
};
#[cfg(feature = "tower")]
use crate::error::CircuitError;
use crate::{config::Config, name::Name, observe::together::SharedBreaker, policy::Bulkhead};

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

/// What came of asking for a lease.
#[must_use = "a lease that is dropped goes back"]
pub struct Leased<'a> {
    core: &'a Core,
    reserved: Option<Reserved<'a>>,
}

/// None of these is in the way of a call that is no probe: not even by what the compiler would have to keep
/// in registers for them.
impl<'a> Leased<'a> {
    /// Decides on the call.
    ///
    /// # Errors
    /// A refusal where the breaker does not let it pass.
    #[cold]
    #[inline(never)]
    pub fn held(self) -> Result<Held<&'a Core>, Refusal<'a>> {
        let core = self.core;
        Ok(Held::new(core, self.ticket()?, WhenDropped::Cancelled))
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn ticket(self) -> Result<Ticket, Refusal<'a>> {
        let Self { core, reserved } = self;
        let (role, word) = core.decide_with(reserved)?;
        Ok(core.ticket(word, role))
    }

    /// Decides on the call, and takes one of so many places for it.
    ///
    /// # Errors
    /// A refusal where the breaker does not let it pass, or no place is free.
    #[cold]
    #[inline(never)]
    pub fn placed(
        self,
        bulkhead: &'static Bulkhead,
        limit: u32,
    ) -> Result<Placed<'a>, Refusal<'a>> {
        let Self { core, reserved } = self;
        let (role, word) = core.decide_with(reserved)?;
        place::take(core, role, word, bulkhead, limit)
    }
}

pin_project! {
    struct Waiting<'a> {
        reserved: Option<Reserved<'a>>,
        answer: oneshot::Receiver<Answer>,
        #[pin]
        limit: Sleep,
    }
}

/// A call that may be a probe, on its way to the lease for it. In a box, so that the future of each
/// protected function is hardly larger for it.
#[must_use = "a future does nothing until it is polled"]
pub struct Asking<'a> {
    core: &'a Core,
    waiting: Option<Pin<Box<Waiting<'a>>>>,
    /// What there is without waiting.
    reserved: Option<Reserved<'a>>,
}

impl<'a> Future for Asking<'a> {
    type Output = Leased<'a>;

    #[cold]
    #[inline(never)]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Leased<'a>> {
        let core = self.core;
        let Some(waiting) = &mut self.waiting else {
            return Poll::Ready(Leased { core, reserved: self.reserved.take() });
        };
        let waiting = waiting.as_mut().project();
        let answer = match Pin::new(waiting.answer).poll(cx) {
            Poll::Ready(answer) => answer.unwrap_or(Answer::Unknown),
            Poll::Pending => {
                ready!(waiting.limit.poll(cx));
                Answer::Unknown
            }
        };
        let reserved = waiting.reserved.take().and_then(|reserved| reserved.answered(answer));
        Poll::Ready(Leased { core, reserved })
    }
}

/// Asks the other instances for the lease of a probe, for a call whose refusal wants one.
#[cold]
#[inline(never)]
pub fn ask_for_lease(refusal: Refusal<'_>) -> Asking<'_> {
    if Handle::try_current().is_err() {
        // Without tokio there is no timer that could end the wait of a task.
        let Leased { core, reserved } = wait_for_lease(refusal);
        return Asking { core, waiting: None, reserved };
    }
    let core = refusal.core();
    Asking { core, waiting: waiting(core), reserved: None }
}

fn waiting(core: &Core) -> Option<Pin<Box<Waiting<'_>>>> {
    let reserved = core.reserve()?;
    let (asker, answer) = oneshot::channel();
    // Where nobody can be asked, the answer is there already: that nobody knows.
    let limit = reserved.ask(Asker::Task(asker)).unwrap_or_default();
    let limit = tokio::time::sleep(limit);
    Some(Box::pin(Waiting { reserved: Some(reserved), answer, limit }))
}

/// For a call that is made elsewhere, piece by piece, and keeps the breaker.
#[cfg(feature = "tower")]
pub(crate) type AskingLater =
    Pin<Box<dyn Future<Output = Result<Held<Arc<Core>>, CircuitError>> + Send + Sync>>;

/// Asks the other instances for the lease of a probe through this breaker, and decides on it.
#[cfg(feature = "tower")]
pub(crate) fn ask_later(core: Arc<Core>) -> AskingLater {
    Box::pin(async move {
        let leased = ask_for_lease(Refusal::without_lease(&core)).await;
        match leased.ticket() {
            Ok(ticket) => Ok(Held::new(Arc::clone(&core), ticket, WhenDropped::Cancelled)),
            Err(refusal) => Err(refusal.into_error()),
        }
    })
}

/// Asks for a call whose thread waits for the answer.
#[cold]
#[inline(never)]
pub fn wait_for_lease(refusal: Refusal<'_>) -> Leased<'_> {
    let core = refusal.core();
    let reserved = core.reserve().and_then(|reserved| {
        let (asker, answer) = mpsc::sync_channel(1);
        let limit = reserved.ask(Asker::Thread(asker));
        let answer = limit.and_then(|limit| answer.recv_timeout(limit).ok());
        reserved.answered(answer.unwrap_or(Answer::Unknown))
    });
    Leased { core, reserved }
}
