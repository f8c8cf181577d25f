//! A span of `tracing` around a call, for functions that ask for one.

use std::{
    ops::Deref,
    pin::Pin,
    sync::atomic::{AtomicU8, Ordering},
    task::{Context, Poll},
};

use pin_project_lite::pin_project;
use tracing::{Span, field::Empty};

use super::{
    call::{Settled, Verdict, guard, run},
    core::Core,
    limit::Limit,
    permit::Held,
    refusal::Refusal,
};

/// The span of one call of a function: its attempts, if there are several, and what comes in its place. It
/// is entered while the function's body runs.
#[derive(Debug)]
pub struct CallSpan {
    span: Span,
    /// How the latest attempt ended: the place of its word, or none yet.
    outcome: AtomicU8,
}

#[derive(Clone, Copy)]
enum Outcome {
    Success,
    Failure,
    Ignored,
    Rejected,
    TimedOut,
    Cancelled,
    Panicked,
}

const WORDS: [&str; 7] =
    ["success", "failure", "ignored", "rejected", "timed_out", "cancelled", "panicked"];

const NONE: u8 = u8::MAX;

impl CallSpan {
    /// None where the function is called as if there were no breaker.
    pub fn new(core: &Core, enabled: bool) -> Self {
        let span = if enabled { of(core) } else { Span::none() };
        Self { span, outcome: AtomicU8::new(NONE) }
    }

    /// Takes note of a rejection.
    ///
    /// # Errors
    /// That which it is given.
    #[inline]
    pub fn admitted<'a, H>(&self, asked: Result<H, Refusal<'a>>) -> Result<H, Refusal<'a>> {
        if asked.is_err() {
            self.ends(Outcome::Rejected);
        }
        asked
    }

    fn ends(&self, outcome: Outcome) {
        self.outcome.store(outcome as u8, Ordering::Relaxed);
    }

    fn judge<T>(&self, (value, verdict): (T, Verdict)) -> (T, Verdict) {
        self.ends(match verdict {
            Verdict::Success => Outcome::Success,
            Verdict::Ignored => Outcome::Ignored,
            Verdict::Failure(_) | Verdict::StayAway(_) => Outcome::Failure,
        });
        (value, verdict)
    }
}

impl Drop for CallSpan {
    fn drop(&mut self) {
        if let Some(word) = WORDS.get(usize::from(*self.outcome.get_mut())) {
            self.span.record("outcome", word);
        }
    }
}

fn of(core: &Core) -> Span {
    let name = core.name();
    let (shared, key) =
        name.parent_and_key().map_or((name.as_str(), None), |(shared, key)| (shared, Some(key)));
    tracing::info_span!(
        target: "cb_runtime", "circuit_breaker", name = shared, key, outcome = Empty
    )
}

/// Makes a call on this thread, in its span.
#[inline]
pub fn run_in<C, T>(
    span: &CallSpan,
    held: Held<C>,
    body: impl FnOnce() -> T,
    judge: impl FnOnce(T) -> (T, Verdict),
) -> Settled<T>
where
    C: Deref<Target = Core>,
{
    let _inside = span.span.enter();
    // Unless something else comes of it.
    span.ends(Outcome::Panicked);
    run(held, body, |value| span.judge(judge(value)))
}

/// Makes an asynchronous call, in its span.
#[inline]
pub fn guard_in<C, F, L, J>(
    span: &CallSpan,
    held: Held<C>,
    body: F,
    limit: L,
    judge: J,
) -> impl Future<Output = Settled<F::Output, L::Passed>> + use<'_, C, F, L, J>
where
    C: Deref<Target = Core>,
    F: Future,
    L: Limit,
    J: Fn(F::Output) -> (F::Output, Verdict),
{
    span.ends(Outcome::Cancelled);
    InSpan { call: guard(held, body, limit, move |value| span.judge(judge(value))), span }
}

pin_project! {
    struct InSpan<'a, F> {
        #[pin]
        call: F,
        span: &'a CallSpan,
    }
}

impl<F: Future<Output = Settled<T, X>>, T, X> Future for InSpan<'_, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let _inside = this.span.span.enter();
        this.span.ends(Outcome::Panicked);
        let polled = this.call.poll(cx);
        match &polled {
            Poll::Pending => this.span.ends(Outcome::Cancelled),
            Poll::Ready(Settled::TimedOut(_)) => this.span.ends(Outcome::TimedOut),
            Poll::Ready(Settled::Answer(_) | Settled::Failed(_)) => {}
        }
        polled
    }
}
