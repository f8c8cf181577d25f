//! What a setting's value must keep to.

use std::time::Duration;

use super::value::Setting;

/// A setting outside its bound.
///
/// ```
/// use cb_runtime::Config;
///
/// let error = Config::builder().failure_threshold(0).build().unwrap_err();
/// assert_eq!(error.field(), "failure_threshold");
/// assert_eq!(error.to_string(), "`failure_threshold` must be at least 1, but is 0");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` must be {bound}, but is {given}")]
pub struct ConfigError {
    field: &'static str,
    bound: &'static str,
    given: String,
}

impl ConfigError {
    /// The setting's name, as the builder and the attribute spell it.
    pub fn field(&self) -> &str {
        self.field
    }

    /// What the value must be, such as "at least 1".
    pub fn bound(&self) -> &str {
        self.bound
    }
}

fn check<T: Setting>(
    holds: bool,
    field: &'static str,
    bound: &'static str,
    given: &T,
) -> Result<(), ConfigError> {
    if holds { Ok(()) } else { Err(ConfigError { field, bound, given: given.show() }) }
}

#[allow(clippy::unnecessary_wraps, reason = "has the shape of the others")]
pub(super) fn any<T>(_: &'static str, _: T) -> Result<(), ConfigError> {
    Ok(())
}

pub(super) fn at_least_one(field: &'static str, given: u32) -> Result<(), ConfigError> {
    check(given >= 1, field, "at least 1", &given)
}

pub(super) fn above_zero(field: &'static str, given: Duration) -> Result<(), ConfigError> {
    check(!given.is_zero(), field, "longer than zero", &given)
}
