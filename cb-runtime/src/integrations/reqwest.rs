#![doc = include_str!("reqwest.md")]

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use http::Extensions;
use reqwest_middleware::{
    Error, Middleware, Next, Result,
    reqwest::{Request, Response},
};

use super::http::{Host, judge};
pub use super::outcome::Outcome;
use crate::{
    breaker::{
        CircuitBreaker,
        call::{Settled, Verdict, guard},
        limit::NoLimit,
        permit::{Held, WhenDropped},
    },
    config::Config,
    error::CircuitError,
    name::NameError,
    observe::text::cut,
    registry::{Asked, Registry},
};

/// Puts a circuit breaker for each host, or one for all, around a client's requests. See the
/// [module](self).
#[derive(Clone)]
pub struct CircuitBreakerMiddleware {
    which: Which,
    classify: Option<Arc<Classify>>,
    drop_is_failure: bool,
}

type Classify = dyn Fn(std::result::Result<&Response, &Error>) -> Outcome + Send + Sync;

#[derive(Clone)]
enum Which {
    Given(CircuitBreaker),
    PerHost(Asked),
}

impl CircuitBreakerMiddleware {
    /// Each host has a breaker of its own: `name[host:port]`, in the program's registry, with these
    /// settings unless there are breakers of this name. At most
    /// [`max_keys`](crate::ConfigBuilder::max_keys) of them are kept.
    ///
    /// # Errors
    /// [`NameError`] for a name that is not 1 to 128 of letters, digits and `_ - . : /`.
    #[track_caller]
    pub fn per_host(name: &str, config: Config) -> std::result::Result<Self, NameError> {
        Ok(Self::of(Which::PerHost(Asked::new(name, config)?)))
    }

    /// All requests go through this breaker: of a client that knows one service only.
    pub fn new(breaker: CircuitBreaker) -> Self {
        Self::of(Which::Given(breaker))
    }

    fn of(which: Which) -> Self {
        Self { which, classify: None, drop_is_failure: false }
    }

    /// Uses the breakers of this registry. Does nothing where one breaker was given.
    #[must_use]
    pub fn in_registry(self, registry: &Registry) -> Self {
        let which = match self.which {
            Which::PerHost(asked) => Which::PerHost(asked.in_registry(registry.clone())),
            given @ Which::Given(_) => given,
        };
        Self { which, ..self }
    }

    /// Says what counts as a failure, in the place of what the [module](self) tells.
    #[must_use]
    pub fn classify<F>(self, classify: F) -> Self
    where
        F: Fn(std::result::Result<&Response, &Error>) -> Outcome + Send + Sync + 'static,
    {
        Self { classify: Some(Arc::new(classify)), ..self }
    }

    /// Counts a request that its caller drops before it ends as a failure: for a time limit that stands
    /// outside of this client. A limit of the client's own is an error of the service without this.
    #[must_use]
    pub fn cancelled_is_failure(self) -> Self {
        Self { drop_is_failure: true, ..self }
    }

    fn breaker(&self, request: &Request) -> CircuitBreaker {
        match &self.which {
            Which::Given(breaker) => breaker.clone(),
            Which::PerHost(asked) => asked.keyed().at(&host(request)),
        }
    }

    fn judge(&self, answer: &Result<Response>) -> Verdict {
        match (&self.classify, answer) {
            (Some(classify), answer) => classify(answer.as_ref()).into_verdict(),
            (None, Ok(response)) => judge(response.status(), response.headers()),
            // It never got as far as the service.
            (None, Err(error)) if error.is_builder() || rejection(error).is_some() => {
                Verdict::Ignored
            }
            (None, Err(error)) => Verdict::Failure(Some(cut(error))),
        }
    }
}

#[async_trait]
impl Middleware for CircuitBreakerMiddleware {
    async fn handle(
        &self,
        request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        let core = self.breaker(&request).0;
        let ticket = match crate::__private::asked!(core.admit(), ticket()) {
            Ok(ticket) => ticket,
            Err(refusal) => return Err(Error::middleware(refusal.into_error())),
        };
        let mut held = Held::new(core, ticket, WhenDropped::Cancelled);
        if self.drop_is_failure {
            held = held.drop_is_failure();
        }
        let judge = |answer| {
            let verdict = self.judge(&answer);
            (answer, verdict)
        };
        match guard(held, next.run(request, extensions), NoLimit, judge).await {
            Settled::Answer(answer) | Settled::Failed(answer) => answer,
            Settled::TimedOut(never) => match never {},
        }
    }
}

/// The host and port that a request is for.
pub(crate) fn host(request: &Request) -> Host<'_> {
    let url = request.url();
    Host::new(url.host_str().unwrap_or_default(), url.port_or_known_default())
}

/// The rejection, where this error is one: under retries, too, that have given up because of it.
pub fn rejection(error: &Error) -> Option<&CircuitError> {
    match error {
        Error::Middleware(error) => error.chain().find_map(|cause| cause.downcast_ref()),
        Error::Reqwest(_) => None,
    }
}

impl fmt::Debug for CircuitBreakerMiddleware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match &self.which {
            Which::Given(breaker) => breaker.name(),
            Which::PerHost(asked) => asked.name(),
        };
        f.debug_struct("CircuitBreakerMiddleware").field("breaker", &name).finish_non_exhaustive()
    }
}
