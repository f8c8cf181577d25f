//! What an expansion asks of the types in a protected function, each as a trait of its own, so that
//! a type that does not fit is told about in the words of this crate.

use std::future::{Ready, ready};

use crate::error::{CallError, CircuitError};

/// A return type that tells a failure from an answer.
#[diagnostic::on_unimplemented(
    message = "the circuit breaker cannot tell whether a `{Self}` is a failure",
    label = "this is no `Result`",
    note = "either return a `Result`,",
    note = "or say what counts as a failure and what to answer instead: `failure_if = |answer| ..., fallback = ...`"
)]
pub trait Judged: Sized {
    /// What is returned when the call failed.
    type Error;

    /// The failure, if it is one.
    fn failure(&self) -> Option<&Self::Error>;

    /// The failure as the cause that a fallback is told.
    ///
    /// # Errors
    /// The value itself, where it is no failure.
    fn into_cause(self) -> Result<CallError<Self::Error>, Self>;

    /// A failure of this kind.
    fn from_failure(error: Self::Error) -> Self;
}

impl<T, E> Judged for Result<T, E> {
    type Error = E;

    #[inline]
    fn failure(&self) -> Option<&E> {
        self.as_ref().err()
    }

    fn into_cause(self) -> Result<CallError<E>, Self> {
        self.map_or_else(|error| Ok(CallError::Failed(error)), |answer| Err(Ok(answer)))
    }

    fn from_failure(error: E) -> Self {
        Err(error)
    }
}

/// An error type that can say that the breaker rejected the call.
#[diagnostic::on_unimplemented(
    message = "a rejected call has to return a `{Self}`, which cannot be made from a `CircuitError`",
    label = "`From<CircuitError>` is missing here",
    note = "either give the function a `fallback = ...` that answers instead,",
    note = "or give the error type a variant for it; with `thiserror`: `#[error(transparent)] Unavailable(#[from] cb_runtime::CircuitError)`"
)]
pub trait FromCircuitError {
    /// The breaker's answer as an error of this type.
    fn from_circuit_error(error: CircuitError) -> Self;
}

#[diagnostic::do_not_recommend]
impl<E: From<CircuitError>> FromCircuitError for E {
    fn from_circuit_error(error: CircuitError) -> Self {
        error.into()
    }
}

/// What a call returns that the breaker turned away, where no fallback answers.
pub fn no_answer<R>(error: CircuitError) -> R
where
    R: Judged,
    R::Error: FromCircuitError,
{
    R::from_failure(R::Error::from_circuit_error(error))
}

/// An argument that can be kept for a fallback while the body uses it up.
#[diagnostic::on_unimplemented(
    message = "this argument may be needed twice, by the function and by its fallback, but `{Self}` is not `Clone`",
    label = "not `Clone`",
    note = "either say `fallback_on = \"rejected\"`: then the argument goes to the fallback or to the function, and is never needed twice,",
    note = "or take it as a reference or an `Arc`, or derive `Clone` for it"
)]
pub trait Keep {
    /// Another of the same value.
    #[must_use]
    fn keep(&self) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Clone> Keep for T {
    #[inline]
    fn keep(&self) -> Self {
        self.clone()
    }
}

/// Another of an argument's value.
#[inline]
pub fn keep<T: Keep>(argument: &T) -> T {
    argument.keep()
}

/// What the fallback of an asynchronous function returns: its answer, or a future of it.
///
/// The second parameter is never written: it keeps the two kinds apart.
#[diagnostic::on_unimplemented(
    message = "this fallback does not answer with what the protected function returns",
    label = "expected `{T}`, or a future of it, found `{Self}`",
    note = "a fallback has the signature of the function that it stands in for; it may be `async` or not"
)]
pub trait Answer<T, Kind> {
    /// Ends in the answer.
    type Future: Future<Output = T>;

    /// The answer to be waited for.
    fn into_answer(self) -> Self::Future;
}

/// The fallback is a plain function.
#[derive(Debug)]
pub struct Now;

/// The fallback is asynchronous.
#[derive(Debug)]
pub struct Later;

impl<T> Answer<T, Now> for T {
    type Future = Ready<T>;

    fn into_answer(self) -> Ready<T> {
        ready(self)
    }
}

#[diagnostic::do_not_recommend]
impl<T, F: Future<Output = T>> Answer<T, Later> for F {
    type Future = F;

    fn into_answer(self) -> F {
        self
    }
}

/// What a fallback returned, to be waited for.
pub fn answer<T, Kind, R: Answer<T, Kind>>(returned: R) -> R::Future {
    returned.into_answer()
}
