//! A service with a breaker around it.

use std::{
    fmt,
    marker::PhantomData,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use tower_service::Service;

#[cfg(feature = "redis")]
use super::later::Later;
use super::{
    AsCallError, BreakerOf, Classify, HttpStatus, OnThread, One, Reject, ResponseFuture, WaitsFor,
};
#[cfg(feature = "redis")]
use crate::breaker::lease::{ask_later, wait_for_lease};
use crate::{
    breaker::{
        core::Core,
        permit::{Held, WhenDropped},
        refusal::Refusal,
        ticket::Ticket,
    },
    error::CircuitError,
};

/// A service with a breaker around it, made by a [`CircuitBreakerLayer`](super::CircuitBreakerLayer).
/// Clones share the breaker.
///
/// It is a `Service` where the one within is one; with
/// [`waiting_in_future`](super::CircuitBreakerLayer::waiting_in_future), where that can be cloned, too.
pub struct CircuitBreakerService<S, W = One, C = HttpStatus, R = AsCallError, P = OnThread> {
    inner: S,
    which: W,
    classify: C,
    reject: R,
    drop_is_failure: bool,
    /// Whether readiness was told while the breaker was open, without a word from the service within.
    unasked: bool,
    place: PhantomData<P>,
}

impl<S, W, C, R, P> CircuitBreakerService<S, W, C, R, P> {
    pub(super) fn new(inner: S, which: W, classify: C, reject: R, drop_is_failure: bool) -> Self {
        Self { inner, which, classify, reject, drop_is_failure, unasked: false, place: PhantomData }
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
        core.admit()
    }

    /// Makes a call that is to be a probe, once the other instances of the program let it.
    #[cfg(feature = "redis")]
    #[cold]
    #[inline(never)]
    fn probe<Request>(&mut self, core: Arc<Core>, request: Request) -> Call<S, Request, C, R>
    where
        S: Service<Request>,
        C: Clone,
        R: Clone,
        P: WaitsFor<S>,
    {
        let Some(inner) = P::part(&mut self.inner) else {
            let ticket = wait_for_lease(Refusal::without_lease(&core)).ticket();
            let ticket = ticket.map_err(Refusal::into_error);
            return self.begun(ticket, core, request);
        };
        let later = Later {
            lease: ask_later(core),
            inner,
            request,
            classify: self.classify.clone(),
            drop_is_failure: self.drop_is_failure,
        };
        ResponseFuture::waiting(later, self.reject.clone())
    }

    /// Calls the service within, or says why not.
    #[inline]
    fn begun<Request>(
        &mut self,
        ticket: Result<Ticket, CircuitError>,
        core: Arc<Core>,
        request: Request,
    ) -> Call<S, Request, C, R>
    where
        S: Service<Request>,
        C: Clone,
        R: Clone,
    {
        let ticket = match ticket {
            Ok(ticket) => ticket,
            Err(error) => return ResponseFuture::rejected(error, self.reject.clone()),
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

type Call<S, Request, C, R> = ResponseFuture<<S as Service<Request>>::Future, S, Request, C, R>;

impl<S, Request, W, C, R, P> Service<Request> for CircuitBreakerService<S, W, C, R, P>
where
    S: Service<Request>,
    P: WaitsFor<S>,
    W: BreakerOf<Request>,
    C: Classify<S::Response, S::Error> + Clone,
    R: Reject<S::Response, S::Error> + Clone,
{
    type Response = S::Response;
    type Error = R::Error;
    type Future = Call<S, Request, C, R>;

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
            Ok(ticket) => Ok(ticket),
            #[cfg(feature = "redis")]
            Err(refusal) if refusal.wants_lease() => return self.probe(core, request),
            Err(refusal) => Err(refusal.into_error()),
        };
        self.begun(ticket, core, request)
    }
}

// By hand, since a clone has not been told that it is ready.
impl<S: Clone, W: Clone, C: Clone, R: Clone, P> Clone for CircuitBreakerService<S, W, C, R, P> {
    fn clone(&self) -> Self {
        let Self { inner, which, classify, reject, drop_is_failure, unasked: _, place: _ } = self;
        Self::new(inner.clone(), which.clone(), classify.clone(), reject.clone(), *drop_is_failure)
    }
}

impl<S, W: fmt::Debug, C, R, P> fmt::Debug for CircuitBreakerService<S, W, C, R, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreakerService")
            .field("breaker", &self.which)
            .finish_non_exhaustive()
    }
}
