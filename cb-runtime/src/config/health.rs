//! A check of a service that probes it in the place of users' calls.

use std::{fmt, pin::Pin};

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
#[derive(Clone, Copy)]
pub struct HealthCheck {
    name: &'static str,
    check: fn() -> HealthFuture,
}

impl HealthCheck {
    /// The check `check`, shown as `name`.
    pub const fn new(name: &'static str, check: fn() -> HealthFuture) -> Self {
        Self { name, check }
    }

    /// What it is shown as.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Starts the check. Nothing happens until the future is polled.
    pub fn run(&self) -> HealthFuture {
        (self.check)()
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
