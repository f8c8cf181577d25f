//! A check of a service that probes it in the place of users' calls.

use std::{
    fmt,
    panic::{AssertUnwindSafe, RefUnwindSafe, UnwindSafe},
    pin::Pin,
};

/// What a [`HealthCheck`] runs: ends in `Ok` where the service is well, else in what is wrong.
pub type HealthFuture = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// A function that asks whether a service is well. While the breaker is open it is run at the end of
/// each open time, so that no user's call is the probe.
///
/// Two checks are the same setting if they bear the same name.
///
/// ```
/// use cb_runtime::{Config, HealthCheck, HealthFuture};
///
/// fn ping() -> HealthFuture {
///     Box::pin(async { Err("no answer".to_owned()) })
/// }
///
/// let config = Config::builder().health_check(HealthCheck::new("ping", ping)).build()?;
/// # Ok::<(), cb_runtime::ConfigError>(())
/// ```
///
/// One that needs something of the program's, such as a pool of connections, is a closure: see
/// [`from_fn`](Self::from_fn).
#[derive(Clone, Copy)]
pub struct HealthCheck {
    name: &'static str,
    check: Run,
}

/// Both can be copied, and dropped where nothing is run, as settings are in a constant.
#[derive(Clone, Copy)]
enum Run {
    Function(fn() -> HealthFuture),
    Closure(&'static (dyn Fn() -> HealthFuture + Send + Sync + UnwindSafe + RefUnwindSafe)),
}

impl HealthCheck {
    /// The check `check`, shown as `name`.
    pub const fn new(name: &'static str, check: fn() -> HealthFuture) -> Self {
        Self { name, check: Run::Function(check) }
    }

    /// The check that `check` makes, shown as `name`: for a check that needs a client, a pool or an address which
    /// the program has only once it runs.
    ///
    /// It is kept until the program ends, with all that it holds: make one for each service, not one for each
    /// request.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use cb_runtime::{CircuitBreaker, Config, HealthCheck};
    ///
    /// # struct Pool;
    /// # impl Pool { async fn ping(&self) -> Result<(), std::io::Error> { Ok(()) } }
    /// # fn run(pool: Arc<Pool>, breaker: &CircuitBreaker) -> Result<(), cb_runtime::ConfigError> {
    /// let check = HealthCheck::from_fn("ping", move || {
    ///     let pool = Arc::clone(&pool);
    ///     async move { pool.ping().await }
    /// });
    /// // In the settings that a breaker is made with, or into one that is there, of an annotated function too:
    /// let config = Config::builder().health_check(check).build()?;
    /// breaker.reconfigure(|settings| settings.health_check(check))?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn from_fn<F, C, E>(name: &'static str, check: F) -> Self
    where
        F: Fn() -> C + Send + Sync + 'static,
        C: Future<Output = Result<(), E>> + Send + 'static,
        E: fmt::Display,
    {
        // A check that panics has failed, and the next one is run as if nothing had been. Without this, no call
        // of an annotated function could stand in `catch_unwind`.
        let check = AssertUnwindSafe(check);
        let run = move || -> HealthFuture {
            // The whole of it, so that what it asserts is captured, too.
            let whole = &check;
            let check = (whole.0)();
            Box::pin(async { check.await.map_err(|error| error.to_string()) })
        };
        Self { name, check: Run::Closure(Box::leak(Box::new(run))) }
    }

    /// What it is shown as.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Starts the check. Nothing happens until the future is polled.
    pub fn run(&self) -> HealthFuture {
        match self.check {
            Run::Function(check) => check(),
            Run::Closure(check) => check(),
        }
    }
}

impl PartialEq for HealthCheck {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for HealthCheck {}

impl fmt::Debug for HealthCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HealthCheck").field(&self.name).finish()
    }
}

/// What a function that checks a service returns: a future.
#[diagnostic::on_unimplemented(
    message = "a health check is an `async fn`, and this function returns a `{Self}` at once",
    label = "this function is not `async`",
    note = "write it as `async fn() -> Result<(), E>`"
)]
pub trait Check {
    /// What the check ends in.
    type Answer;

    /// The check under way.
    type Future: Future<Output = Self::Answer>;

    /// The future itself.
    fn begin(self) -> Self::Future;
}

#[diagnostic::do_not_recommend]
impl<F: Future> Check for F {
    type Answer = F::Output;
    type Future = F;

    fn begin(self) -> F {
        self
    }
}

/// What a check ends in: nothing where the service is well, else the error.
#[diagnostic::on_unimplemented(
    message = "a health check ends in a `Result<(), E>`, and this one in a `{Self}`",
    label = "expected `Result<(), E>`, found `{Self}`",
    note = "write it as `async fn() -> Result<(), E>`: `Ok(())` where the service is well, an error of any type where it is not"
)]
pub trait Health {
    /// What is wrong.
    type Error;

    /// The one or the other.
    ///
    /// # Errors
    /// What is wrong.
    fn health(self) -> Result<(), Self::Error>;
}

#[diagnostic::do_not_recommend]
impl<E> Health for Result<(), E> {
    type Error = E;

    fn health(self) -> Self {
        self
    }
}

/// A check as [`HealthCheck`] has it, of one that ends in the error's text, where it has one.
pub fn checked<F>(check: F) -> HealthFuture
where
    F: Future<Output = Result<(), Option<Box<str>>>> + Send + 'static,
{
    Box::pin(async { check.await.map_err(|text| text.map_or_else(String::new, String::from)) })
}
