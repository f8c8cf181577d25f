//! A call under way.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;

use super::{Classify, Reject};
use crate::{
    breaker::{core::Core, permit::Begun},
    error::CircuitError,
};

pin_project! {
    /// A call under way, or a rejection. Dropped before its end, it gives its permit back.
    #[must_use = "a future does nothing unless it is polled"]
    pub struct ResponseFuture<F, C, R> {
        #[pin]
        state: State<F, C>,
        reject: R,
    }
}

pin_project! {
    #[project = Projected]
    enum State<F, C> {
        // The answer comes first, so that a dropped call is gone before its permit is given back.
        Admitted { #[pin] answer: F, call: Begun<Arc<Core>>, classify: C },
        Rejected { error: Option<CircuitError> },
    }
}

impl<F, C, R> ResponseFuture<F, C, R> {
    #[inline]
    pub(super) fn admitted(answer: F, call: Begun<Arc<Core>>, classify: C, reject: R) -> Self {
        Self { state: State::Admitted { answer, call, classify }, reject }
    }

    #[inline]
    pub(super) fn rejected(error: CircuitError, reject: R) -> Self {
        Self { state: State::Rejected { error: Some(error) }, reject }
    }
}

impl<F, T, E, C, R> Future for ResponseFuture<F, C, R>
where
    F: Future<Output = Result<T, E>>,
    C: Classify<T, E>,
    R: Reject<T, E>,
{
    type Output = Result<T, R::Error>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        match this.state.project() {
            Projected::Admitted { answer, call, classify } => {
                let answer = ready!(call.during(|| answer.poll(cx)));
                call.settle(|| classify.classify(answer.as_ref()).into_verdict());
                Poll::Ready(answer.map_err(|error| this.reject.failed(error)))
            }
            Projected::Rejected { error } => match error.take() {
                Some(error) => Poll::Ready(this.reject.rejected(error)),
                // Polled after its end.
                None => Poll::Pending,
            },
        }
    }
}

impl<F, C, R> std::fmt::Debug for ResponseFuture<F, C, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
