//! What an expansion asks of the types in a protected function, each as a trait of its own, so that
//! a type that does not fit is told about in the words of this crate.
//!
//! The blanket implementations are hidden from the compiler's advice, which would otherwise speak of
//! what they ask instead.

use std::{
    fmt::Display,
    future::{Ready, ready},
};

use crate::error::CircuitError;

/// A return type that tells a failure from an answer.
#[diagnostic::on_unimplemented(
    message = "the circuit breaker cannot tell whether a `{Self}` is a failure",
    label = "this is no `Result`",
    note = "either return a `Result`,",
    note = "or say what counts as a failure and what to answer instead: `failure_if = |answer| ..., fallback = ...`"
)]
pub trait Judged: Sized {
    /// What is returned when the call went well.
    type Value;

    /// What is returned when the call failed.
    type Error;

    /// The one or the other.
    ///
    /// # Errors
    /// The failure.
    fn into_result(self) -> Result<Self::Value, Self::Error>;

    /// What is returned, of a call that went well.
    fn from_value(value: Self::Value) -> Self;

    /// What is returned, of a call that failed.
    fn from_failure(error: Self::Error) -> Self;

    /// The failure, if it is one.
    fn failure(&self) -> Option<&Self::Error>;

    /// What is returned of a call that went well, if it is that.
    fn good(&self) -> Option<&Self::Value>;
}

#[diagnostic::do_not_recommend]
impl<T, E> Judged for Result<T, E> {
    type Value = T;
    type Error = E;

    #[inline]
    fn into_result(self) -> Self {
        self
    }

    #[inline]
    fn from_value(value: T) -> Self {
        Ok(value)
    }

    #[inline]
    fn from_failure(error: E) -> Self {
        Err(error)
    }

    #[inline]
    fn failure(&self) -> Option<&E> {
        self.as_ref().err()
    }

    #[inline]
    fn good(&self) -> Option<&T> {
        self.as_ref().ok()
    }
}

/// The good part of a returned value that is judged as a whole.
#[inline]
pub fn whole<T>(value: &T) -> Option<&T> {
    Some(value)
}

/// An error type that can say that the breaker rejected the call.
#[diagnostic::on_unimplemented(
    message = "a rejected call has to return a `{Self}`, which cannot be made from a `CircuitError`",
    label = "`{Self}: From<CircuitError>` is missing",
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

/// The same, for what is said of a function whose fallback need not be there.
#[diagnostic::on_unimplemented(
    message = "there may be no registered fallback, and then a rejected call has to return a `{Self}`, which cannot be made from a `CircuitError`",
    label = "`{Self}: From<CircuitError>` is missing",
    note = "either name the fallback here, `fallback = other_function`, which the compiler can check,",
    note = "or give the error type a variant for it; with `thiserror`: `#[error(transparent)] Unavailable(#[from] cb_runtime::CircuitError)`"
)]
pub trait FromCircuitErrorAlone {
    /// The breaker's answer as an error of this type.
    fn from_circuit_error(error: CircuitError) -> Self;
}

#[diagnostic::do_not_recommend]
impl<E: From<CircuitError>> FromCircuitErrorAlone for E {
    fn from_circuit_error(error: CircuitError) -> Self {
        error.into()
    }
}

/// The same, of a function whose fallback is not for calls that are rejected.
#[diagnostic::on_unimplemented(
    message = "`fallback_on = \"failed\"` leaves a rejected call to return a `{Self}`, which cannot be made from a `CircuitError`",
    label = "`{Self}: From<CircuitError>` is missing",
    note = "either let the fallback answer for it too: `fallback_on = \"any\"`, the default,",
    note = "or give the error type a variant for it; with `thiserror`: `#[error(transparent)] Unavailable(#[from] cb_runtime::CircuitError)`"
)]
pub trait FromRejection {
    /// The breaker's answer as an error of this type.
    fn from_circuit_error(error: CircuitError) -> Self;
}

#[diagnostic::do_not_recommend]
impl<E: From<CircuitError>> FromRejection for E {
    fn from_circuit_error(error: CircuitError) -> Self {
        error.into()
    }
}

/// The same, of a function whose fallback is not for calls that take too long.
#[diagnostic::on_unimplemented(
    message = "a call that takes longer than `call_timeout` has to return a `{Self}`, which cannot be made from a `CircuitError`",
    label = "`{Self}: From<CircuitError>` is missing",
    note = "`fallback_on = \"rejected\"` keeps the fallback from answering for it: either leave that out,",
    note = "or give the error type a variant for it; with `thiserror`: `#[error(transparent)] Unavailable(#[from] cb_runtime::CircuitError)`",
    note = "a `call_timeout` is also what functions of service type `ml_model` (60s), `llm`, `ai_provider` and `thinking_engine` (30s) have unless they say otherwise"
)]
pub trait FromTimeout {
    /// The breaker's answer as an error of this type.
    fn from_circuit_error(error: CircuitError) -> Self;
}

#[diagnostic::do_not_recommend]
impl<E: From<CircuitError>> FromTimeout for E {
    fn from_circuit_error(error: CircuitError) -> Self {
        error.into()
    }
}

/// A return type that can say that the breaker rejected the call, of a function that judges the
/// returned value itself.
#[diagnostic::on_unimplemented(
    message = "a rejected call cannot return a `{Self}`, because nobody was asked who could answer with one",
    label = "this is no `Result`",
    note = "either give the function a `fallback = ...` that answers instead, or return a `Result`"
)]
pub trait Rejectable {
    /// The breaker's answer as a value of this type.
    fn rejected(error: CircuitError) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T, E: FromCircuitError> Rejectable for Result<T, E> {
    fn rejected(error: CircuitError) -> Self {
        Err(E::from_circuit_error(error))
    }
}

/// The same, for what is said of a function whose fallback need not be there.
#[diagnostic::on_unimplemented(
    message = "there may be no registered fallback, and then a rejected call cannot return a `{Self}`",
    label = "this is no `Result`",
    note = "either name the fallback here, `fallback = other_function`, which is always there, or return a `Result`"
)]
pub trait RejectableAlone {
    /// The breaker's answer as a value of this type.
    fn rejected(error: CircuitError) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T, E: FromCircuitErrorAlone> RejectableAlone for Result<T, E> {
    fn rejected(error: CircuitError) -> Self {
        Err(E::from_circuit_error(error))
    }
}

/// A return type with an error in it that can be asked for how long to stay away.
#[diagnostic::on_unimplemented(
    message = "`open_for` asks an error for how long to stay away, and a `{Self}` has no error",
    label = "the function returns a `{Self}`, which is no `Result`",
    note = "either return a `Result`, or leave `open_for` out"
)]
pub trait Fallible {
    /// The error.
    type Error;

    /// The error, where there is one.
    fn error(&self) -> Option<&Self::Error>;
}

#[diagnostic::do_not_recommend]
impl<T, E> Fallible for Result<T, E> {
    type Error = E;

    fn error(&self) -> Option<&E> {
        self.as_ref().err()
    }
}

/// A value that tells one breaker of a name from another.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` cannot be the key of a breaker, because it cannot be shown as text",
    label = "`{Self}` is not `Display`",
    note = "either take what identifies it, such as an id or a name: `key = value.id`,",
    note = "or make a text of it, `key = format!(...)`, or make its type `Display`"
)]
pub trait AsKey {
    /// What is shown.
    type Text: Display + ?Sized;

    /// The value, as something that can be shown.
    fn as_key(&self) -> &Self::Text;
}

#[diagnostic::do_not_recommend]
impl<T: Display + ?Sized> AsKey for T {
    type Text = T;

    fn as_key(&self) -> &T {
        self
    }
}

/// An argument that can be kept for a fallback while the body uses it up.
#[diagnostic::on_unimplemented(
    message = "this argument may be needed twice, by the function and by its fallback, but `{Self}` is not `Clone`",
    label = "`{Self}` is not `Clone`",
    note = "either say `fallback_on = \"rejected\"`: then the argument goes to the function or to the fallback, and is never needed twice,",
    note = "or take it as a reference or an `Arc`, or make its type `Clone`"
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

/// An argument of which each attempt at a call is given another.
#[diagnostic::on_unimplemented(
    message = "this argument may be needed for a second attempt, because of `retry`, but `{Self}` is not `Clone`",
    label = "`{Self}` is not `Clone`",
    note = "either take it as a reference or an `Arc`, make its type `Clone`, or leave `retry` out"
)]
pub trait KeepForRetry {
    /// Another of the same value.
    #[must_use]
    fn keep(&self) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Clone> KeepForRetry for T {
    #[inline]
    fn keep(&self) -> Self {
        self.clone()
    }
}

/// What the fallback of an asynchronous function returned is a future of its answer.
pub trait IsFuture {
    /// How to wait for it.
    fn kind_of_answer(&self) -> Later;
}

/// What the fallback of an asynchronous function returned is its answer.
///
/// A method by this name is found on every type, but one reference further away than that of
/// [`IsFuture`], which therefore comes first where it is there. A trait with both as implementations
/// would do, but the compiler would complain of a wrong answer that it is no future.
pub trait IsAnswer {
    /// How to wait for it.
    fn kind_of_answer(&self) -> Now;
}

impl<F: Future> IsFuture for F {
    fn kind_of_answer(&self) -> Later {
        Later
    }
}

impl<T> IsAnswer for &T {
    fn kind_of_answer(&self) -> Now {
        Now
    }
}

/// The fallback is asynchronous.
#[derive(Debug)]
pub struct Later;

/// The fallback is a plain function.
#[derive(Debug)]
pub struct Now;

impl Later {
    /// The future as it is.
    #[allow(clippy::unused_self, reason = "says which of the two is called")]
    pub fn wait_for<F: Future>(self, future: F) -> F {
        future
    }
}

impl Now {
    /// A future that is ready.
    #[allow(clippy::unused_self, reason = "says which of the two is called")]
    pub fn wait_for<T>(self, answer: T) -> Ready<T> {
        ready(answer)
    }
}
