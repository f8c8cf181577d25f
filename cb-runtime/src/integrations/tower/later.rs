//! A call that waits for the lease of a probe before the service within is called.

use super::sealed::Sealed;
#[cfg(feature = "redis")]
use crate::breaker::lease::AskingLater;

/// Where a call waits for the lease of a probe. One of [`InFuture`] and [`OnThread`].
pub trait WaitsFor<S>: Sealed {
    /// The service that has been told to be ready, where one stays in its place.
    #[doc(hidden)]
    fn part(service: &mut S) -> Option<S>;
}

/// In the future of the call, which takes the service with it and leaves a clone, see
/// [`CircuitBreakerLayer::waiting_in_future`](super::CircuitBreakerLayer::waiting_in_future).
#[derive(Clone, Copy, Debug)]
pub struct InFuture;

/// In `call`, on its thread: for services of any kind.
#[derive(Clone, Copy, Debug)]
pub struct OnThread;

impl Sealed for InFuture {}
impl Sealed for OnThread {}

impl<S: Clone> WaitsFor<S> for InFuture {
    fn part(service: &mut S) -> Option<S> {
        // The clone has not been asked whether it is ready.
        let clone = service.clone();
        Some(std::mem::replace(service, clone))
    }
}

impl<S> WaitsFor<S> for OnThread {
    fn part(_: &mut S) -> Option<S> {
        None
    }
}

/// All that is needed for the call, until it is made.
#[cfg_attr(not(feature = "redis"), allow(dead_code, reason = "without others nobody waits"))]
pub(super) struct Later<S, Request, C> {
    #[cfg(feature = "redis")]
    pub(super) lease: AskingLater,
    pub(super) inner: S,
    pub(super) request: Request,
    pub(super) classify: C,
    pub(super) drop_is_failure: bool,
}
