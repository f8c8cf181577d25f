//! The right to make one call, and the duty to say how it ended.

use std::{ops::Deref, sync::Arc, time::Duration};

use super::{
    core::{Core, Ending, Ticket},
    limit::Within,
};

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
pub struct Permit(Held<Arc<Core>>);

impl Permit {
    pub(crate) fn new(core: Arc<Core>, ticket: Ticket) -> Self {
        Self(Held::new(core, ticket, WhenDropped::Ignored))
    }

    /// The service answered well.
    pub fn success(mut self) {
        self.0.end(Ending::Success);
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
        f.debug_struct("Permit").field("breaker", self.0.core.name()).finish_non_exhaustive()
    }
}

/// What a call that is dropped before it ends counts as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WhenDropped {
    /// As a call that says nothing.
    Ignored,
    /// As a call that its caller gave up: nothing is held against the service.
    Cancelled,
    /// As a failure of the service.
    Failure,
}

/// An admitted call that has not ended yet; dropped, it ends as it was told to.
pub struct Held<C: Deref<Target = Core>> {
    core: C,
    ticket: Ticket,
    when_dropped: WhenDropped,
    ended: bool,
}

impl<C: Deref<Target = Core>> Held<C> {
    #[inline]
    pub(crate) fn new(core: C, ticket: Ticket, when_dropped: WhenDropped) -> Self {
        Self { core, ticket, when_dropped, ended: false }
    }

    /// A dropped call counts as a failure of the service.
    #[must_use]
    #[inline]
    pub fn drop_is_failure(self) -> Self {
        let mut held = self;
        held.when_dropped = WhenDropped::Failure;
        held
    }

    /// Whether the call is made as if there were no breaker.
    #[inline]
    pub(crate) fn is_plain(&self) -> bool {
        self.ticket.is_plain()
    }

    /// Bounds the time of the call, unless it is made as if there were no breaker.
    #[must_use]
    pub fn within(&self, limit: Duration) -> Within {
        Within::new((!self.is_plain()).then_some(limit))
    }

    pub(crate) fn core(&self) -> &Core {
        &self.core
    }

    /// Says how the call ended. Only the first word counts.
    #[inline]
    pub(crate) fn end(&mut self, ending: Ending) {
        if !self.ended {
            self.ended = true;
            self.core.end(self.ticket, ending);
        }
    }
}

impl<C: Deref<Target = Core>> Drop for Held<C> {
    #[inline]
    fn drop(&mut self) {
        if !self.ended {
            self.end(match self.when_dropped {
                WhenDropped::Ignored => Ending::Ignored,
                WhenDropped::Cancelled => Ending::Cancelled,
                WhenDropped::Failure => Ending::Failure(Some("dropped by its caller".into())),
            });
        }
    }
}
