//! The right to make one call, and the duty to say how it ended.

use std::{ops::Deref, sync::Arc, time::Duration};

pub use super::ticket::WhenDropped;
use super::{core::Core, ledger::Ending, limit::Within, ticket::Ticket};
use crate::clock::Tick;

/// The right to make one call, from [`CircuitBreaker::try_acquire`](crate::CircuitBreaker::try_acquire).
///
/// Say how the call ended with one of the methods. A permit that is dropped counts as
/// [ignored](Permit::ignore): it goes back, and nothing is held for or against the service.
///
/// ```
/// use cb_runtime::{CircuitBreaker, CircuitError, Config};
///
/// fn read(breaker: &CircuitBreaker) -> Result<Option<String>, CircuitError> {
///     let permit = breaker.try_acquire()?;
///     match std::fs::read_to_string("/etc/hostname") {
///         Ok(text) => {
///             permit.success();
///             Ok(Some(text))
///         }
///         Err(_) => {
///             permit.failure();
///             Ok(None)
///         }
///     }
/// }
/// # read(&CircuitBreaker::new("files", Config::default())).unwrap();
/// ```
#[must_use = "a permit that is dropped counts as an ignored call"]
pub struct Permit(Begun<Arc<Core>>);

impl Permit {
    pub(crate) fn new(core: Arc<Core>, ticket: Ticket) -> Self {
        Self(Held::new(core, ticket, WhenDropped::Ignored).begin())
    }

    /// The service answered well.
    pub fn success(mut self) {
        self.0.succeed();
    }

    /// The service failed.
    pub fn failure(mut self) {
        self.0.end(Ending::Failure(None));
    }

    /// The call says nothing about the service.
    pub fn ignore(mut self) {
        self.0.end(Ending::Ignored);
    }
}

impl std::fmt::Debug for Permit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Permit").field("breaker", self.0.core().name()).finish_non_exhaustive()
    }
}

/// A call that was admitted and has not begun.
pub struct Held<C: Deref<Target = Core>> {
    core: C,
    ticket: Ticket,
}

impl<C: Deref<Target = Core>> Held<C> {
    #[inline]
    pub(crate) fn new(core: C, ticket: Ticket, when_dropped: WhenDropped) -> Self {
        Self { core, ticket: ticket.dropped_as(when_dropped) }
    }

    /// A dropped call counts as a failure of the service.
    #[must_use]
    #[inline]
    pub fn drop_is_failure(self) -> Self {
        let mut held = self;
        held.ticket = held.ticket.dropped_as(WhenDropped::Failure);
        held
    }

    /// Whether the call is made as if there were no breaker.
    #[inline]
    fn is_plain(&self) -> bool {
        self.ticket.is_plain()
    }

    /// Bounds the time of the call, unless it is made as if there were no breaker.
    #[must_use]
    pub fn within(&self, limit: Duration) -> Within {
        Within::new((!self.is_plain()).then_some(limit))
    }

    #[inline]
    pub(crate) fn begin(self) -> Begun<C> {
        Begun { start: self.core.begin(self.ticket), held: self }
    }
}

impl<C: Deref<Target = Core>> Drop for Held<C> {
    #[inline]
    fn drop(&mut self) {
        if !self.ticket.is_idle() {
            self.core.drop(self.ticket, Tick::UNKNOWN);
        }
    }
}

/// A call that has begun and has not ended; dropped, it ends as it was told to.
pub(crate) struct Begun<C: Deref<Target = Core>> {
    held: Held<C>,
    start: Tick,
}

impl<C: Deref<Target = Core>> Begun<C> {
    /// Whether the call is made as if there were no breaker.
    #[inline]
    pub(crate) fn is_plain(&self) -> bool {
        self.held.is_plain()
    }

    pub(crate) fn core(&self) -> &Core {
        &self.held.core
    }

    /// Only the first word on how the call ended counts.
    #[inline]
    fn take(&mut self) -> Ticket {
        std::mem::replace(&mut self.held.ticket, Ticket::UNCOUNTED)
    }

    /// Says that the call went well.
    #[inline]
    pub(crate) fn succeed(&mut self) {
        let ticket = self.take();
        self.held.core.succeed(ticket, self.start);
    }

    /// Says how the call ended.
    #[inline]
    pub(crate) fn end(&mut self, ending: Ending) {
        let ticket = self.take();
        self.held.core.finish(ticket, self.start, ending);
    }
}

impl<C: Deref<Target = Core>> Drop for Begun<C> {
    #[inline]
    fn drop(&mut self) {
        let ticket = self.take();
        if !ticket.is_idle() {
            self.held.core.drop(ticket, self.start);
        }
    }
}
