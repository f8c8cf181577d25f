//! The breaker as a program holds it.

use std::{fmt, sync::Arc, time::Duration};

use super::{
    Mode, Permit, State,
    call::{self, Settled, Verdict},
    core::Core,
    limit::NoLimit,
    permit::{Held, WhenDropped},
    refusal::Refusal,
};
use crate::{
    __private::{asked, asked_blocking},
    clock::Tick,
    config::{Config, ConfigBuilder, ConfigError},
    error::{CallError, CircuitError},
    name::Name,
    observe::{event::Event, hub::Hub, snapshot::Snapshot},
};

/// A circuit breaker. Cheap to clone; clones are the same breaker.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use cb_runtime::{CallError, CircuitBreaker, Config, State};
///
/// let breaker = CircuitBreaker::new("warehouse", Config::builder().failure_threshold(2).build()?);
///
/// for _ in 0..2 {
///     let answer = breaker.call(|| async { Err::<(), _>("connection refused") }).await;
///     assert_eq!(answer, Err(CallError::Failed("connection refused")));
/// }
/// assert_eq!(breaker.state(), State::Open);
///
/// let answer = breaker.call(|| async { Ok::<_, &str>("not asked") }).await;
/// assert!(matches!(answer, Err(CallError::Rejected(_))));
/// # Ok::<(), cb_runtime::ConfigError>(()) }).unwrap();
/// ```
#[derive(Clone)]
pub struct CircuitBreaker(pub(crate) Arc<Core>);

impl CircuitBreaker {
    /// A breaker that is in no registry. Its name is for errors and logs, and may be any text.
    pub fn new(name: impl AsRef<str>, config: Config) -> Self {
        Self::named(Name::shared(name.as_ref().into()), config, None)
    }

    pub(crate) fn named(name: Name, config: Config, hub: Option<Arc<Hub>>) -> Self {
        Self(Core::new(name, config, hub))
    }

    /// The breaker's name.
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// Makes an asynchronous call through the breaker. `Err` is a failure of the service.
    ///
    /// A call that panics counts as a failure, and the panic goes on to the caller; one that is
    /// dropped before it ends counts as cancelled, and its permit goes back.
    ///
    /// # Errors
    /// [`CallError::Rejected`] without making the call, or [`CallError::Failed`] with the call's own
    /// error.
    pub async fn call<T, E, F, Fut>(&self, call: F) -> Result<T, CallError<E>>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        let held = match asked!(self.hold(), held()) {
            Ok(held) => held,
            Err(refusal) => return Err(CallError::Rejected(refusal.into_error())),
        };
        let body = async move { call().await };
        into_result(call::guard(held, body, NoLimit, by_result).await)
    }

    /// Makes a call through the breaker on this thread. `Err` is a failure of the service.
    ///
    /// # Errors
    /// [`CallError::Rejected`] without making the call, or [`CallError::Failed`] with the call's own
    /// error.
    pub fn call_blocking<T, E>(
        &self,
        call: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, CallError<E>> {
        match asked_blocking!(self.hold(), held()) {
            Ok(held) => into_result(call::run(held, call, by_result)),
            Err(refusal) => Err(CallError::Rejected(refusal.into_error())),
        }
    }

    /// Makes an asynchronous call through the breaker, and another where it gives no answer.
    ///
    /// The fallback is told why, and runs outside the breaker: what it ends in is no outcome of the
    /// service. It is in the totals as a fallback once it has answered, and as one that failed where
    /// that is an `Err`.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// # use cb_runtime::{CircuitBreaker, Config};
    /// # let breaker = CircuitBreaker::new("prices", Config::default());
    /// let price = breaker
    ///     .call_with_fallback(|| async { Err("timed out") }, |cause| async move {
    ///         eprintln!("using yesterday's price: {cause}");
    ///         Ok(42)
    ///     })
    ///     .await;
    /// assert_eq!(price, Ok(42));
    /// # });
    /// ```
    ///
    /// # Errors
    /// The fallback's own.
    pub async fn call_with_fallback<T, E, F, Fut, G, Gut>(
        &self,
        call: F,
        fallback: G,
    ) -> Result<T, E>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<T, E>>,
        G: FnOnce(CallError<E>) -> Gut,
        Gut: Future<Output = Result<T, E>>,
    {
        match self.call(call).await {
            Ok(answer) => Ok(answer),
            Err(cause) => {
                let answer = fallback(cause).await;
                self.0.count_fallback(answer.is_err());
                answer
            }
        }
    }

    /// Asks for the right to make one call, for callers who make it themselves.
    ///
    /// Where the breaker is shared with other instances of the program (feature `redis`) and half-open, the
    /// thread waits for the lease of a probe: for one answer of Redis, and at most for the `lease_wait` of
    /// the `SharedOptions`, 50 ms by default. Never otherwise. In a task, where others wait for the thread,
    /// ask with [`acquire`](Self::acquire).
    ///
    /// # Errors
    /// The rejection, where the breaker is open, half-open with all its probes under way, forced open,
    /// or sheds this call.
    pub fn try_acquire(&self) -> Result<Permit, CircuitError> {
        match asked_blocking!(self.0.admit(), ticket()) {
            Ok(ticket) => Ok(Permit::new(Arc::clone(&self.0), ticket)),
            Err(refusal) => Err(refusal.into_error()),
        }
    }

    /// Asks for the right to make one call, as [`try_acquire`](Self::try_acquire) does, in a task. Like that,
    /// it is rejected at once where the breaker does not let the call pass, and does not wait until it does.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// # use cb_runtime::{CircuitBreaker, Config};
    /// # let breaker = CircuitBreaker::new("mail", Config::default());
    /// let permit = breaker.acquire().await?;
    /// permit.success();
    /// # Ok::<(), cb_runtime::CircuitError>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    /// The rejection, as of [`try_acquire`](Self::try_acquire).
    #[allow(clippy::unused_async, reason = "without the feature `redis`, nothing is waited for")]
    pub async fn acquire(&self) -> Result<Permit, CircuitError> {
        match asked!(self.0.admit(), ticket()) {
            Ok(ticket) => Ok(Permit::new(Arc::clone(&self.0), ticket)),
            Err(refusal) => Err(refusal.into_error()),
        }
    }

    #[inline]
    fn hold(&self) -> Result<Held<&Core>, Refusal<'_>> {
        let ticket = self.0.admit()?;
        Ok(Held::new(&*self.0, ticket, WhenDropped::Cancelled))
    }

    /// What a caller would meet now. Reading it changes nothing and takes no permit.
    ///
    /// [`State::Open`] while [forced open](Mode::ForcedOpen), and [`State::Closed`] while
    /// [only figures are kept](Mode::MetricsOnly). While [disabled](Mode::Disabled), the state in which
    /// the breaker will go on.
    pub fn state(&self) -> State {
        self.0.state()
    }

    /// What an operator has set.
    pub fn mode(&self) -> Mode {
        self.0.mode()
    }

    /// The breaker at this moment, with its counts.
    pub fn snapshot(&self) -> Snapshot {
        self.0.snapshot()
    }

    /// The settings in force.
    pub fn config(&self) -> Config {
        self.0.config()
    }

    /// Changes settings while calls are made: `change` is given those in force and returns others.
    ///
    /// State, row and what of the window still fits stay. Calls in flight end under the `slow_call`
    /// and the `probe_timeout` that they began with, and an open breaker stays open for as long as it
    /// was to. A lower `failure_threshold` than the present row opens at the next failure. Another
    /// `service_type` brings its preset at once, and what a file says of it the next time it is loaded.
    ///
    /// ```
    /// # use cb_runtime::{CircuitBreaker, Config};
    /// let breaker = CircuitBreaker::new("db", Config::default());
    /// breaker.reconfigure(|settings| settings.failure_threshold(10))?;
    /// assert_eq!(breaker.config().failure_threshold(), 10);
    /// # Ok::<(), cb_runtime::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// [`ConfigError`] for the first setting outside its bound; nothing is changed then.
    pub fn reconfigure(
        &self,
        change: impl FnOnce(ConfigBuilder) -> ConfigBuilder,
    ) -> Result<(), ConfigError> {
        self.0.reconfigure(change)
    }

    /// The latest 100 changes of state, mode and settings, and resets, oldest first.
    pub fn history(&self) -> Vec<Event> {
        self.0.history()
    }

    /// Closes the breaker and forgets its row of failures, its window, and how often it has opened in
    /// a row. Totals stay, and calls in flight end without effect on the state.
    ///
    /// Lifts [`Mode::ForcedOpen`], since a breaker that is forced open is not closed; the other
    /// modes stay.
    pub fn reset(&self) {
        self.0.reset();
    }

    /// Rejects every call until [`resume`](Self::resume) or [`reset`](Self::reset).
    pub fn force_open(&self) {
        self.0.set_mode(Mode::ForcedOpen, |_| Tick::NEVER);
    }

    /// Rejects every call for so long, unless resumed or reset before.
    pub fn force_open_for(&self, time: Duration) {
        self.0.set_mode(Mode::ForcedOpen, |now| now.after(time));
    }

    /// Lets every call pass and counts none.
    pub fn disable(&self) {
        self.0.set_mode(Mode::Disabled, |_| Tick::NEVER);
    }

    /// Lets every call pass and counts none for so long, unless resumed before.
    pub fn disable_for(&self, time: Duration) {
        self.0.set_mode(Mode::Disabled, |now| now.after(time));
    }

    /// Lets every call pass and counts it; what the breaker would have done is logged and not done.
    /// For finding the right settings under real traffic. Starts closed, with no row of failures.
    pub fn metrics_only(&self) {
        self.0.set_mode(Mode::MetricsOnly, |_| Tick::NEVER);
    }

    /// The same for so long, unless resumed before.
    pub fn metrics_only_for(&self, time: Duration) {
        self.0.set_mode(Mode::MetricsOnly, |now| now.after(time));
    }

    /// Lets the breaker decide again. After [`metrics_only`](Self::metrics_only) it starts closed;
    /// after the other modes it goes on where it was.
    pub fn resume(&self) {
        self.0.set_mode(Mode::Normal, |_| Tick::NEVER);
    }
}

impl fmt::Debug for CircuitBreaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreaker")
            .field("name", &self.name())
            .field("state", &self.state())
            .field("mode", &self.mode())
            .finish_non_exhaustive()
    }
}

#[inline]
fn by_result<T, E>(answer: Result<T, E>) -> (Result<T, E>, Verdict) {
    match answer {
        Ok(value) => (Ok(value), Verdict::Success),
        Err(error) => (Err(error), Verdict::Failure(None)),
    }
}

fn into_result<T, E>(settled: Settled<Result<T, E>>) -> Result<T, CallError<E>> {
    match settled {
        Settled::Answer(answer) | Settled::Failed(answer) => answer.map_err(CallError::Failed),
        Settled::TimedOut(never) => match never {},
    }
}
