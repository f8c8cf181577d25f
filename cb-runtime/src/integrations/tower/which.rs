//! Which breaker a request goes through.

use std::{
    fmt::{self, Display},
    sync::Arc,
};

use super::sealed::Sealed;
use crate::{
    breaker::{CircuitBreaker, core::Core},
    integrations::http::Host,
    registry::{self, Asked},
};

/// Where a [`CircuitBreakerLayer`](super::CircuitBreakerLayer) has its breakers from. One of [`Given`],
/// [`Named`], [`PerHost`] and [`ByKey`].
pub trait Breakers: Sealed {
    /// What the layered service asks.
    type Found: Clone;

    #[doc(hidden)]
    fn find(&self) -> Self::Found;

    #[doc(hidden)]
    fn shown(&self) -> &str;
}

/// Finds the breaker for a request. One of [`One`] and [`Many`].
pub trait BreakerOf<Request>: Sealed {
    #[doc(hidden)]
    fn core(&mut self, request: &Request) -> Arc<Core>;

    /// Whether every request would be turned away.
    #[doc(hidden)]
    fn is_shut(&mut self) -> bool;
}

/// The breaker that was given to [`CircuitBreakerLayer::new`](super::CircuitBreakerLayer::new).
#[derive(Clone, Debug)]
pub struct Given(pub(super) CircuitBreaker);

/// The breaker of a name in a registry.
#[derive(Clone)]
pub struct Named(pub(super) Arc<Asked>);

/// A breaker for each host and port of requests of `http`, and of `reqwest` (feature `reqwest`).
#[derive(Clone)]
pub struct PerHost(pub(super) Arc<Asked>);

/// A breaker for each value of a key.
#[derive(Clone)]
pub struct ByKey<F> {
    pub(super) asked: Arc<Asked>,
    pub(super) key: F,
}

/// Sends all requests through one breaker.
#[derive(Clone)]
pub struct One {
    breaker: CircuitBreaker,
    /// Asked again where the breaker has been taken out of its registry.
    asked: Option<Arc<Asked>>,
}

/// Sends each request through the breaker of its key.
#[derive(Clone)]
pub struct Many<K> {
    breakers: registry::Keyed,
    key: K,
}

/// The key is the host.
#[derive(Clone, Copy, Debug)]
pub struct OfHost;

/// The key is what this function says.
#[derive(Clone, Copy, Debug)]
pub struct OfKey<F>(F);

impl Sealed for Given {}
impl Sealed for Named {}
impl Sealed for PerHost {}
impl<F> Sealed for ByKey<F> {}
impl Sealed for One {}
impl<K> Sealed for Many<K> {}

impl Breakers for Given {
    type Found = One;

    fn find(&self) -> One {
        One { breaker: self.0.clone(), asked: None }
    }

    fn shown(&self) -> &str {
        self.0.name()
    }
}

impl Breakers for Named {
    type Found = One;

    fn find(&self) -> One {
        One { breaker: self.0.breaker(), asked: Some(Arc::clone(&self.0)) }
    }

    fn shown(&self) -> &str {
        self.0.name()
    }
}

impl Breakers for PerHost {
    type Found = Many<OfHost>;

    fn find(&self) -> Many<OfHost> {
        Many { breakers: self.0.keyed(), key: OfHost }
    }

    fn shown(&self) -> &str {
        self.0.name()
    }
}

impl<F: Clone> Breakers for ByKey<F> {
    type Found = Many<OfKey<F>>;

    fn find(&self) -> Many<OfKey<F>> {
        Many { breakers: self.asked.keyed(), key: OfKey(self.key.clone()) }
    }

    fn shown(&self) -> &str {
        self.asked.name()
    }
}

impl One {
    #[inline]
    fn present(&mut self) -> &Arc<Core> {
        if self.breaker.0.is_detached() {
            self.find_again();
        }
        &self.breaker.0
    }

    #[cold]
    fn find_again(&mut self) {
        if let Some(asked) = &self.asked {
            self.breaker = asked.breaker();
        }
    }
}

impl fmt::Debug for One {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.breaker, f)
    }
}

impl<K> fmt::Debug for Many<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.breakers.name(), f)
    }
}

impl<Request> BreakerOf<Request> for One {
    #[inline]
    fn core(&mut self, _: &Request) -> Arc<Core> {
        Arc::clone(self.present())
    }

    #[inline]
    fn is_shut(&mut self) -> bool {
        self.present().is_shut()
    }
}

impl<B> BreakerOf<http::Request<B>> for Many<OfHost> {
    fn core(&mut self, request: &http::Request<B>) -> Arc<Core> {
        self.breakers.at(&Host::of(request)).0
    }

    fn is_shut(&mut self) -> bool {
        false
    }
}

#[cfg(feature = "reqwest")]
impl BreakerOf<reqwest_middleware::reqwest::Request> for Many<OfHost> {
    fn core(&mut self, request: &reqwest_middleware::reqwest::Request) -> Arc<Core> {
        self.breakers.at(&crate::integrations::reqwest::host(request)).0
    }

    fn is_shut(&mut self) -> bool {
        false
    }
}

impl<Request, F, K> BreakerOf<Request> for Many<OfKey<F>>
where
    F: Fn(&Request) -> K,
    K: Display,
{
    fn core(&mut self, request: &Request) -> Arc<Core> {
        self.breakers.at(&(self.key.0)(request)).0
    }

    fn is_shut(&mut self) -> bool {
        false
    }
}
