//! What a service's answers say of it.

use std::fmt::Display;

use crate::integrations::{Outcome, http};

/// Judges the answers of a service; given to
/// [`CircuitBreakerLayer::classify`](super::CircuitBreakerLayer::classify).
///
/// Closures of `Result<&T, &E>` are such judges, with both types written out. It is asked once for each
/// call that was let through, outside of every lock; if it panics, that is a failure.
#[diagnostic::on_unimplemented(
    message = "the circuit breaker's `{Self}` cannot tell whether a `{T}` or a `{E}` is a failure",
    note = "of answers that are not HTTP's, say so with `.errors_only()`, which needs errors with `Display`,",
    note = "or judge them yourself: `.classify(|answer: Result<&Answer, &Error>| ..)` with your types"
)]
pub trait Classify<T, E> {
    /// What this answer says of the service.
    fn classify(&self, answer: Result<&T, &E>) -> Outcome;
}

#[diagnostic::do_not_recommend]
impl<T, E, F> Classify<T, E> for F
where
    F: Fn(Result<&T, &E>) -> Outcome,
{
    #[inline]
    fn classify(&self, answer: Result<&T, &E>) -> Outcome {
        self(answer)
    }
}

/// Judges HTTP by the head of the answer; what a layer does unless told otherwise.
///
/// | answer | counts as |
/// |---|---|
/// | an error | failure |
/// | 429 or 503 with `Retry-After`, in seconds or as a date | failure that opens at once, for that long, at most for an hour |
/// | 429, 5xx | failure |
/// | gRPC: a `grpc-status` in the head of UNKNOWN, `DEADLINE_EXCEEDED`, `RESOURCE_EXHAUSTED`, UNIMPLEMENTED, INTERNAL, UNAVAILABLE or `DATA_LOSS` | failure |
/// | everything else, 404 too | success |
///
/// The body has not been read then: one that breaks off later is a success here.
#[derive(Clone, Copy, Debug, Default)]
pub struct HttpStatus;

impl<B, E: Display> Classify<::http::Response<B>, E> for HttpStatus {
    #[inline]
    fn classify(&self, answer: Result<&::http::Response<B>, &E>) -> Outcome {
        match answer {
            Ok(response) => Outcome::of(http::judge(response.status(), response.headers())),
            Err(error) => Outcome::failure(error),
        }
    }
}

#[cfg(feature = "reqwest")]
impl<E: Display> Classify<reqwest_middleware::reqwest::Response, E> for HttpStatus {
    #[inline]
    fn classify(&self, answer: Result<&reqwest_middleware::reqwest::Response, &E>) -> Outcome {
        match answer {
            Ok(response) => Outcome::of(http::judge(response.status(), response.headers())),
            Err(error) => Outcome::failure(error),
        }
    }
}

/// Takes every answer for a success and every error for a failure.
#[derive(Clone, Copy, Debug, Default)]
pub struct ErrorsOnly;

impl<T, E: Display> Classify<T, E> for ErrorsOnly {
    #[inline]
    fn classify(&self, answer: Result<&T, &E>) -> Outcome {
        match answer {
            Ok(_) => Outcome::success(),
            Err(error) => Outcome::failure(error),
        }
    }
}
