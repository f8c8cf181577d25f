//! The layer.

use std::{fmt, marker::PhantomData, sync::Arc};

use tower_layer::Layer;

use super::{
    AsCallError, AsInnerError, AsResponse, Breakers, ByKey, CircuitBreakerService, Classify,
    ErrorsOnly, Given, HttpStatus, InFuture, Named, OnThread, PerHost,
};
use crate::{
    breaker::CircuitBreaker,
    config::Config,
    error::CircuitError,
    name::NameError,
    registry::{Asked, Registry},
};

/// Puts a circuit breaker around a service. See the [module](super).
///
/// `W` says which breaker a request goes through, `C` what counts as a failure, `R` what the caller of a
/// rejected call gets, and `P` where a call waits for the lease of a probe.
pub struct CircuitBreakerLayer<W = Given, C = HttpStatus, R = AsCallError, P = OnThread> {
    which: W,
    classify: C,
    reject: R,
    drop_is_failure: bool,
    place: PhantomData<P>,
}

// By hand, since nothing is there of the place but its name.
impl<W: Clone, C: Clone, R: Clone, P> Clone for CircuitBreakerLayer<W, C, R, P> {
    fn clone(&self) -> Self {
        let Self { which, classify, reject, drop_is_failure, place: _ } = self;
        Self {
            which: which.clone(),
            classify: classify.clone(),
            reject: reject.clone(),
            drop_is_failure: *drop_is_failure,
            place: PhantomData,
        }
    }
}

impl CircuitBreakerLayer {
    /// All requests go through this breaker.
    pub fn new(breaker: CircuitBreaker) -> Self {
        Self::of(Given(breaker))
    }
}

impl CircuitBreakerLayer<Named> {
    /// All requests go through the breaker of this name in the program's registry, or the one that
    /// [`in_registry`](Self::in_registry) names.
    ///
    /// It is registered, with these settings unless one of the name is there, when the layer is put
    /// around a service; and anew where it has been [removed](Registry::remove) since.
    ///
    /// # Errors
    /// [`NameError`] for a name that is not 1 to 128 of letters, digits and `_ - . : /`.
    #[track_caller]
    pub fn named(name: &str, config: Config) -> Result<Self, NameError> {
        Ok(Self::of(Named(Arc::new(Asked::new(name, config)?))))
    }
}

impl<C, R, P> CircuitBreakerLayer<Named, C, R, P> {
    /// Uses the breakers of this registry.
    #[must_use]
    pub fn in_registry(self, registry: &Registry) -> Self {
        let asked = Asked::clone(&self.which.0).in_registry(registry.clone());
        self.with(Named(Arc::new(asked)))
    }

    /// Each host has a breaker of its own: `name[host:port]`, with the settings given to
    /// [`named`](CircuitBreakerLayer::named). At most
    /// [`max_keys`](crate::ConfigBuilder::max_keys) of them are kept.
    ///
    /// For clients, whose requests are those of `http` or, with the feature `reqwest`, of `reqwest`. A
    /// request without a host, as tonic's are before they are in its channel, has the empty key.
    #[must_use]
    pub fn per_host(self) -> CircuitBreakerLayer<PerHost, C, R, P> {
        let which = PerHost(Arc::clone(&self.which.0));
        self.with(which)
    }

    /// Each value of a key has a breaker of its own, `name[key]`, as with `key = ..` in the attribute.
    /// The type of the request has to be written out.
    ///
    /// ```
    /// use cb_runtime::{Config, integrations::tower::CircuitBreakerLayer};
    ///
    /// let layer = CircuitBreakerLayer::named("search", Config::default())?
    ///     .keyed_by(|request: &http::Request<String>| request.uri().path().to_owned());
    /// # Ok::<(), cb_runtime::NameError>(())
    /// ```
    #[must_use]
    pub fn keyed_by<Request, K, F>(self, key: F) -> CircuitBreakerLayer<ByKey<F>, C, R, P>
    where
        F: Fn(&Request) -> K + Clone,
        K: fmt::Display,
    {
        let asked = Arc::clone(&self.which.0);
        self.with(ByKey { asked, key })
    }
}

impl<W> CircuitBreakerLayer<W> {
    fn of(which: W) -> Self {
        let (classify, reject) = (HttpStatus, AsCallError);
        Self { which, classify, reject, drop_is_failure: false, place: PhantomData }
    }
}

impl<W, C, R, P> CircuitBreakerLayer<W, C, R, P> {
    fn with<V>(self, which: V) -> CircuitBreakerLayer<V, C, R, P> {
        let Self { classify, reject, drop_is_failure, place, .. } = self;
        CircuitBreakerLayer { which, classify, reject, drop_is_failure, place }
    }

    fn rejecting<Q>(self, reject: Q) -> CircuitBreakerLayer<W, C, Q, P> {
        let Self { which, classify, drop_is_failure, place, .. } = self;
        CircuitBreakerLayer { which, classify, reject, drop_is_failure, place }
    }

    /// For a breaker that is [shared](Registry::share) with other instances of the program (feature
    /// `redis`), around a service that can be cloned.
    ///
    /// Such a breaker asks the others before a probe. With this, that is done in the call's future, which
    /// takes the service with it and leaves a clone; else `call` does it itself, whose thread waits, at
    /// most for the [`lease_wait`](crate::SharedOptions::lease_wait). For other breakers, and for calls that
    /// are no probes, it makes no difference.
    #[must_use]
    pub fn waiting_in_future(self) -> CircuitBreakerLayer<W, C, R, InFuture> {
        let Self { which, classify, reject, drop_is_failure, .. } = self;
        CircuitBreakerLayer { which, classify, reject, drop_is_failure, place: PhantomData }
    }

    /// Says what counts as a failure, in the place of [`HttpStatus`].
    ///
    /// ```
    /// # use cb_runtime::{CircuitBreaker, Config};
    /// use std::io;
    ///
    /// use cb_runtime::integrations::tower::{CircuitBreakerLayer, Outcome};
    ///
    /// # let breaker = CircuitBreaker::new("mail", Config::default());
    /// let layer = CircuitBreakerLayer::new(breaker).classify(
    ///     |answer: Result<&String, &io::Error>| match answer {
    ///         Ok(_) => Outcome::success(),
    ///         Err(error) if error.kind() == io::ErrorKind::NotFound => Outcome::ignored(),
    ///         Err(error) => Outcome::failure(error),
    ///     },
    /// );
    /// ```
    #[must_use]
    pub fn classify<T, E, D>(self, classify: D) -> CircuitBreakerLayer<W, D, R, P>
    where
        D: Classify<T, E> + Clone,
    {
        self.classified(classify)
    }

    /// Takes every answer for a success and every error for a failure: for services that do not speak
    /// HTTP. Needs errors with `Display`.
    #[must_use]
    pub fn errors_only(self) -> CircuitBreakerLayer<W, ErrorsOnly, R, P> {
        self.classified(ErrorsOnly)
    }

    fn classified<D>(self, classify: D) -> CircuitBreakerLayer<W, D, R, P> {
        let Self { which, reject, drop_is_failure, place, .. } = self;
        CircuitBreakerLayer { which, classify, reject, drop_is_failure, place }
    }

    /// Answers rejected calls, so that the layered service has the errors of the one within: none, under
    /// axum. [`service_unavailable`](super::service_unavailable) makes an answer of HTTP.
    ///
    /// The answer is counted as what it is, a rejection, and not as a fallback.
    #[must_use]
    pub fn rejected_with<T, F>(self, answer: F) -> CircuitBreakerLayer<W, C, AsResponse<F>, P>
    where
        F: Fn(CircuitError) -> T + Clone,
    {
        self.rejecting(AsResponse(answer))
    }

    /// Makes a rejection an error of the service's own type, as an annotated function does. `BoxError` is
    /// such a type, and a rejection is then found in it by `error.downcast_ref::<CircuitError>()`.
    #[must_use]
    pub fn rejected_into_error(self) -> CircuitBreakerLayer<W, C, AsInnerError, P> {
        self.rejecting(AsInnerError)
    }

    /// Counts a call that its caller drops before it ends as a failure, as `cancelled = "failure"` does in
    /// the attribute. For a time limit that stands outside of this layer and is no longer than what the
    /// service should take; a limit within the layer is better, since it is an error of the service.
    #[must_use]
    pub fn cancelled_is_failure(self) -> Self {
        Self { drop_is_failure: true, ..self }
    }
}

impl<S, W, C, R, P> Layer<S> for CircuitBreakerLayer<W, C, R, P>
where
    W: Breakers,
    C: Clone,
    R: Clone,
{
    type Service = CircuitBreakerService<S, W::Found, C, R, P>;

    fn layer(&self, inner: S) -> Self::Service {
        let Self { which, classify, reject, drop_is_failure, place: _ } = self;
        CircuitBreakerService::new(
            inner,
            which.find(),
            classify.clone(),
            reject.clone(),
            *drop_is_failure,
        )
    }
}

impl<W: Breakers, C, R, P> fmt::Debug for CircuitBreakerLayer<W, C, R, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreakerLayer")
            .field("breaker", &self.which.shown())
            .finish_non_exhaustive()
    }
}
