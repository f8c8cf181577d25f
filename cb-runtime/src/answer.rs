//! What an expansion asks of the types in a protected function, each as a trait of its own, so that
//! a type that does not fit is told about in the words of this crate.

use std::future::{Ready, ready};

use crate::{
    breaker::call::Verdict,
    error::{CallError, CircuitError},
};

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

/// Stands as the `Self` of traits whose subject is their parameter: the compiler would otherwise
/// advise the user to bound a type parameter by one of these traits.
#[derive(Debug)]
pub struct Expansion;

/// An error type that can say that the breaker rejected the call.
#[diagnostic::on_unimplemented(
    message = "a rejected call has to return a `{E}`, which cannot be made from a `CircuitError`",
    label = "`From<CircuitError>` is missing for `{E}`",
    note = "either give the function a `fallback = ...` that answers instead,",
    note = "or give the error type a variant for it; with `thiserror`: `#[error(transparent)] Unavailable(#[from] cb_runtime::CircuitError)`"
)]
pub trait FromCircuitError<E> {
    /// The breaker's answer as an error of this type.
    fn from_circuit_error(error: CircuitError) -> E;
}

#[diagnostic::do_not_recommend]
impl<E: From<CircuitError>> FromCircuitError<E> for Expansion {
    fn from_circuit_error(error: CircuitError) -> E {
        error.into()
    }
}

/// What a call returns that the breaker turned away, where no fallback answers.
pub fn no_answer<R>(error: CircuitError) -> R
where
    R: Judged,
    Expansion: FromCircuitError<R::Error>,
{
    R::from_failure(Expansion::from_circuit_error(error))
}

/// A return type that can say that the breaker rejected the call.
#[diagnostic::on_unimplemented(
    message = "a rejected call cannot return a `{Self}`, because nothing was asked that could answer",
    label = "this is no `Result`",
    note = "either give the function a `fallback = ...` that answers instead, or return a `Result`"
)]
pub trait Rejectable {
    /// The breaker's answer as a value of this type.
    fn rejected(error: CircuitError) -> Self;
}

impl<T, E> Rejectable for Result<T, E>
where
    Expansion: FromCircuitError<E>,
{
    fn rejected(error: CircuitError) -> Self {
        Err(Expansion::from_circuit_error(error))
    }
}

/// The same as [`no_answer`] for functions that judge the returned value themselves.
pub fn no_value<R: Rejectable>(error: CircuitError) -> R {
    R::rejected(error)
}

/// Judges a value by the error in it, if there is one.
#[inline]
pub fn judge_error<R: Judged>(answer: &R, judge: impl FnOnce(&R::Error) -> Verdict) -> Verdict {
    answer.failure().map_or(Verdict::Success, judge)
}

/// Judges a value that the user's own code has looked at.
#[inline]
pub fn judge_value(failed: bool) -> Verdict {
    if failed { Verdict::Failure(None) } else { Verdict::Success }
}

/// Whether the value has an error in it that is so.
#[inline]
pub fn is_error<R: Judged>(answer: &R, so: impl FnOnce(&R::Error) -> bool) -> bool {
    answer.failure().is_some_and(so)
}

/// A failed value as the cause that a fallback is told.
///
/// # Errors
/// The value itself, where there is no error in it.
pub fn into_cause<R: Judged>(answer: R) -> Result<CallError<R::Error>, R> {
    answer.into_cause()
}

/// An argument that can be kept for a fallback while the body uses it up.
#[diagnostic::on_unimplemented(
    message = "this argument may be needed twice, by the function and by its fallback, but `{T}` is not `Clone`",
    label = "`{T}` is not `Clone`",
    note = "either say `fallback_on = \"rejected\"`: then the argument goes to the fallback or to the function, and is never needed twice,",
    note = "or take it as a reference or an `Arc`, or make its type `Clone`"
)]
pub trait Keep<T> {
    /// Another of the same value.
    fn keep(argument: &T) -> T;
}

#[diagnostic::do_not_recommend]
impl<T: Clone> Keep<T> for Expansion {
    #[inline]
    fn keep(argument: &T) -> T {
        argument.clone()
    }
}

/// Another of an argument's value.
#[inline]
pub fn keep<T>(argument: &T) -> T
where
    Expansion: Keep<T>,
{
    Expansion::keep(argument)
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
