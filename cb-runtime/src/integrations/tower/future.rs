//! A call under way.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;
use tower_service::Service;

use super::{Classify, Reject, later::Later};
use crate::{
    breaker::{core::Core, permit::Begun},
    error::CircuitError,
};

pin_project! {
    /// A call under way, or a rejection. Dropped before its end, it gives its permit back.
    #[must_use = "a future does nothing unless it is polled"]
    pub struct ResponseFuture<F, S, Request, C, R> {
        #[pin]
        state: State<F, S, Request, C>,
        reject: R,
    }
}

pin_project! {
    #[project = Projected]
    enum State<F, S, Request, C> {
        // The answer comes first, so that a dropped call is gone before its permit is given back.
        Admitted { #[pin] answer: F, call: Begun<Arc<Core>>, classify: C },
        Rejected { error: Option<CircuitError> },
        Waiting { later: Option<Box<Later<S, Request, C>>> },
    }
}

impl<F, S, Request, C, R> ResponseFuture<F, S, Request, C, R> {
    #[inline]
    pub(super) fn admitted(answer: F, call: Begun<Arc<Core>>, classify: C, reject: R) -> Self {
        Self { state: State::Admitted { answer, call, classify }, reject }
    }

    #[inline]
    pub(super) fn rejected(error: CircuitError, reject: R) -> Self {
        Self { state: State::Rejected { error: Some(error) }, reject }
    }

    /// Once it has the lease, the call is made.
    #[cfg(feature = "redis")]
    pub(super) fn waiting(later: Later<S, Request, C>, reject: R) -> Self {
        Self { state: State::Waiting { later: Some(Box::new(later)) }, reject }
    }
}

impl<F, S, Request, C> State<F, S, Request, C>
where
    S: Service<Request, Future = F>,
{
    /// What comes of waiting. Never ready where nobody can wait.
    #[cold]
    #[inline(never)]
    #[cfg_attr(
        not(feature = "redis"),
        allow(unused_variables, reason = "without others nobody waits")
    )]
    fn poll_lease(
        waiting: &mut Option<Box<Later<S, Request, C>>>,
        cx: &mut Context<'_>,
    ) -> Poll<Self> {
        #[cfg(feature = "redis")]
        if let Some(later) = waiting {
            let held = ready!(later.lease.as_mut().poll(cx));
            let Some(later) = waiting.take() else { return Poll::Pending };
            let Later { lease: _, mut inner, request, classify, drop_is_failure } = *later;
            return Poll::Ready(match held {
                Ok(held) => {
                    let held = if drop_is_failure { held.drop_is_failure() } else { held };
                    let mut call = held.begin();
                    let answer = call.during(|| inner.call(request));
                    Self::Admitted { answer, call, classify }
                }
                Err(error) => Self::Rejected { error: Some(error) },
            });
        }
        Poll::Pending
    }
}

impl<F, S, Request, T, E, C, R> Future for ResponseFuture<F, S, Request, C, R>
where
    F: Future<Output = Result<T, E>>,
    S: Service<Request, Response = T, Error = E, Future = F>,
    C: Classify<T, E>,
    R: Reject<T, E>,
{
    type Output = Result<T, R::Error>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            match this.state.as_mut().project() {
                Projected::Admitted { answer, call, classify } => {
                    let answer = ready!(call.during(|| answer.poll(cx)));
                    call.settle(|| classify.classify(answer.as_ref()).into_verdict());
                    return Poll::Ready(answer.map_err(|error| this.reject.failed(error)));
                }
                Projected::Rejected { error } => {
                    return match error.take() {
                        Some(error) => Poll::Ready(this.reject.rejected(error)),
                        // Polled after its end.
                        None => Poll::Pending,
                    };
                }
                Projected::Waiting { later } => {
                    let state = ready!(State::poll_lease(later, cx));
                    this.state.set(state);
                }
            }
        }
    }
}

impl<F, S, Request, C, R> std::fmt::Debug for ResponseFuture<F, S, Request, C, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
