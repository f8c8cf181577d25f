//! What callers get instead of an answer.

use http::{
    HeaderValue, Response, StatusCode,
    header::{CONTENT_TYPE, RETRY_AFTER},
};

use super::sealed::Sealed;
use crate::error::{CallError, CircuitError};

/// What callers of a layered service get for a call that was rejected. One of [`AsCallError`],
/// [`AsInnerError`] and [`AsResponse`].
pub trait Reject<T, E>: Sealed {
    /// The errors of the layered service.
    type Error;

    /// What a rejected call ends in.
    ///
    /// # Errors
    /// The rejection, where that is told by an error.
    fn rejected(&self, error: CircuitError) -> Result<T, Self::Error>;

    /// What an error of the service within becomes.
    fn failed(&self, error: E) -> Self::Error;
}

/// A rejection is [`CallError::Rejected`], and an error of the service [`CallError::Failed`].
#[derive(Clone, Copy, Debug, Default)]
pub struct AsCallError;

/// A rejection becomes an error of the service's own type, see
/// [`CircuitBreakerLayer::rejected_into_error`](super::CircuitBreakerLayer::rejected_into_error).
#[derive(Clone, Copy, Debug, Default)]
pub struct AsInnerError;

/// A rejection becomes an answer, see
/// [`CircuitBreakerLayer::rejected_with`](super::CircuitBreakerLayer::rejected_with).
#[derive(Clone, Copy, Debug)]
pub struct AsResponse<F>(pub(super) F);

impl Sealed for AsCallError {}
impl Sealed for AsInnerError {}
impl<F> Sealed for AsResponse<F> {}

impl<T, E> Reject<T, E> for AsCallError {
    type Error = CallError<E>;

    #[inline]
    fn rejected(&self, error: CircuitError) -> Result<T, CallError<E>> {
        Err(CallError::Rejected(error))
    }

    #[inline]
    fn failed(&self, error: E) -> CallError<E> {
        CallError::Failed(error)
    }
}

impl<T, E: From<CircuitError>> Reject<T, E> for AsInnerError {
    type Error = E;

    fn rejected(&self, error: CircuitError) -> Result<T, E> {
        Err(E::from(error))
    }

    #[inline]
    fn failed(&self, error: E) -> E {
        error
    }
}

impl<T, E, F: Fn(CircuitError) -> T> Reject<T, E> for AsResponse<F> {
    type Error = E;

    fn rejected(&self, error: CircuitError) -> Result<T, E> {
        Ok((self.0)(error))
    }

    #[inline]
    fn failed(&self, error: E) -> E {
        error
    }
}

/// An answer for a rejected call: 503 with [`CircuitError::user_message`] as its text and, where the
/// breaker can tell, `Retry-After` in whole seconds, at least one.
///
/// ```
/// use cb_runtime::integrations::tower::{CircuitBreakerLayer, service_unavailable};
/// # use cb_runtime::{CircuitBreaker, Config};
/// # let breaker = CircuitBreaker::new("shop", Config::default());
/// let layer = CircuitBreakerLayer::new(breaker).rejected_with(service_unavailable::<String>);
/// ```
// By value, to be handed to `rejected_with` as it is.
#[allow(clippy::needless_pass_by_value, reason = "as `rejected_with` calls it")]
pub fn service_unavailable<B: From<&'static str>>(error: CircuitError) -> Response<B> {
    let mut response = Response::new(B::from(error.user_message()));
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    if let Some(left) = error.retry_after() {
        // Rounded up, so that who comes back then does not come too early.
        let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
    }
    response
}
