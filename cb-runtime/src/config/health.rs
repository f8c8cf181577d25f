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
