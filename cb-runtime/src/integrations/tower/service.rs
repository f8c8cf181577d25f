//! A service with a breaker around it.

use std::{
    fmt,
    task::{Context, Poll, Waker},
};

use tower_service::Service;

use super::{AsCallError, BreakerOf, Classify, HttpStatus, One, Reject, ResponseFuture};
use crate::breaker::{
    core::Core,
    permit::{Held, WhenDropped},
    refusal::Refusal,
    ticket::Ticket,
};

/// A service with a breaker around it, made by a [`CircuitBreakerLayer`](super::CircuitBreakerLayer).
/// Clones share the breaker.
pub struct CircuitBreakerService<S, W = One, C = HttpStatus, R = AsCallError> {
    inner: S,
    which: W,
    classify: C,
    reject: R,
    drop_is_failure: bool,
    /// Whether readiness was told while the breaker was open, without a word from the service within.
    unasked: bool,
}

impl<S, W, C, R> CircuitBreakerService<S, W, C, R> {
    pub(super) fn new(inner: S, which: W, classify: C, reject: R, drop_is_failure: bool) -> Self {
        Self { inner, which, classify, reject, drop_is_failure, unasked: false }
    }

    /// The service within.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// The service within. What is called on it goes past the breaker.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// The service within, without the breaker.
    pub fn into_inner(self) -> S {
        self.inner
    }

    /// Asks the breaker, and the service within where that has not been asked whether it is ready.
    #[inline]
    fn admit<'a, Request>(&mut self, core: &'a Core) -> Result<Ticket, Refusal<'a>>
    where
        S: Service<Request>,
    {
        if self.unasked {
            self.unasked = false;
            // A service that is not ready may not be called: what was true when the caller asked is what
            // it is told. No waker is needed, since nobody waits here.
            let mut nobody = Context::from_waker(Waker::noop());
            if core.is_shut() || !matches!(self.inner.poll_ready(&mut nobody), Poll::Ready(Ok(())))
            {
                return Err(core.turn_away());
            }
        }
        // A service that waited for the lease of a probe in its future could not call the one within then:
        // so it waits here, which is short and rare.
        crate::__private::asked_blocking!(core.admit(), ticket())
    }
}

impl<S, Request, W, C, R> Service<Request> for CircuitBreakerService<S, W, C, R>
where
    S: Service<Request>,
    W: BreakerOf<Request>,
    C: Classify<S::Response, S::Error> + Clone,
    R: Reject<S::Response, S::Error> + Clone,
{
    type Response = S::Response;
    type Error = R::Error;
    type Future = ResponseFuture<S::Future, C, R>;

    /// Ready when the service within is, and while the breaker is open: then `call` rejects, and nobody
    /// waits for a service that would not be called. Takes no permit.
    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), R::Error>> {
        // A word once given holds until the call.
        self.unasked = self.unasked || self.which.is_shut();
        if self.unasked {
            return Poll::Ready(Ok(()));
        }
        self.inner.poll_ready(cx).map_err(|error| self.reject.failed(error))
    }

    #[inline]
    fn call(&mut self, request: Request) -> Self::Future {
        let core = self.which.core(&request);
        let ticket = match self.admit::<Request>(&core) {
            Ok(ticket) => ticket,
            Err(refusal) => {
                return ResponseFuture::rejected(refusal.into_error(), self.reject.clone());
            }
        };
        let mut held = Held::new(core, ticket, WhenDropped::Cancelled);
        if self.drop_is_failure {
            held = held.drop_is_failure();
        }
        let mut call = held.begin();
        let answer = call.during(|| self.inner.call(request));
        ResponseFuture::admitted(answer, call, self.classify.clone(), self.reject.clone())
    }
}

// By hand, since a clone has not been told that it is ready.
impl<S: Clone, W: Clone, C: Clone, R: Clone> Clone for CircuitBreakerService<S, W, C, R> {
    fn clone(&self) -> Self {
        let Self { inner, which, classify, reject, drop_is_failure, unasked: _ } = self;
        Self::new(inner.clone(), which.clone(), classify.clone(), reject.clone(), *drop_is_failure)
    }
}

impl<S, W: fmt::Debug, C, R> fmt::Debug for CircuitBreakerService<S, W, C, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreakerService")
            .field("breaker", &self.which)
            .finish_non_exhaustive()
    }
}
