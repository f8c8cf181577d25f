//! What a setting's value must keep to, by itself and beside the others.

use std::{borrow::Cow, time::Duration};

use super::{Backoff, ConfigBuilder, Window, value::Setting};

/// A setting outside its bound, or one that contradicts another.
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
    bound: Cow<'static, str>,
    given: String,
}

impl ConfigError {
    /// The setting's name, as the builder and the attribute spell it; of a part of it, with the part
    /// after a dot: `backoff.factor`.
    pub fn field(&self) -> &str {
        self.field
    }

    /// What the value must be, such as "at least 1".
    pub fn bound(&self) -> &str {
        &self.bound
    }

    /// The value that it is, as the attribute would have it.
    #[cfg(feature = "config")]
    pub(super) fn given(&self) -> &str {
        &self.given
    }
}

fn check<T: Setting>(
    holds: bool,
    field: &'static str,
    bound: &'static str,
    given: &T,
) -> Result<(), ConfigError> {
    if holds {
        Ok(())
    } else {
        Err(ConfigError { field, bound: Cow::Borrowed(bound), given: given.show() })
    }
}

#[allow(clippy::unnecessary_wraps, reason = "has the shape of the others")]
pub(super) fn any<T>(_: &'static str, _: T) -> Result<(), ConfigError> {
    Ok(())
}

/// Blank is as good as empty: nobody could tell it from nothing where it is shown.
pub(super) fn filled(field: &'static str, given: &'static str) -> Result<(), ConfigError> {
    check(!given.trim().is_empty(), field, "a text that is not empty", &given)
}

pub(crate) fn at_least_one(field: &'static str, given: u32) -> Result<(), ConfigError> {
    check(given >= 1, field, "at least 1", &given)
}

pub(crate) fn above_zero(field: &'static str, given: Duration) -> Result<(), ConfigError> {
    check(!given.is_zero(), field, "longer than zero", &given)
}

// Of numbers with a fraction: what is not a number keeps no bound.

pub(crate) fn rate(field: &'static str, given: f64) -> Result<(), ConfigError> {
    check(given > 0.0 && given <= 1.0, field, "above 0 and at most 1", &given)
}

pub(crate) fn share(field: &'static str, given: f64) -> Result<(), ConfigError> {
    check((0.0..=1.0).contains(&given), field, "from 0 to 1", &given)
}

pub(crate) fn above_one(field: &'static str, given: f64) -> Result<(), ConfigError> {
    check(given > 1.0 && given.is_finite(), field, "a finite number above 1", &given)
}

/// By how much each of a row is longer than the one before.
pub(crate) fn factor(field: &'static str, given: f64) -> Result<(), ConfigError> {
    check(given >= 1.0 && given.is_finite(), field, "a finite number of at least 1", &given)
}

pub(super) fn window(field: &'static str, given: Window) -> Result<(), ConfigError> {
    match given {
        Window::Calls(calls) => {
            let holds = (1..=Window::MOST_CALLS).contains(&calls);
            check(holds, field, "from 1 to 1000000 calls, or a time", &given)
        }
        Window::Time(time) => {
            check(time >= Window::LEAST_TIME, field, "at least 1ms, or a number of calls", &given)
        }
    }
}

pub(super) fn backoff(_: &'static str, given: Backoff) -> Result<(), ConfigError> {
    let Backoff { factor, max, jitter } = given;
    self::factor("backoff.factor", factor)?;
    above_zero("backoff.max", max)?;
    share("backoff.jitter", jitter)
}

/// What one setting must keep to because of another.
pub(super) fn together(settings: &ConfigBuilder) -> Result<(), ConfigError> {
    if settings.slow_call_rate.is_some() && settings.slow_call.is_none() {
        return Err(ConfigError {
            field: "slow_call_rate",
            bound: Cow::Borrowed("given together with `slow_call`, which says what is slow"),
            given: "given alone".to_owned(),
        });
    }
    if let Some(min_calls) = settings.min_calls
        && let Window::Calls(window) = settings.rare().window
        && min_calls > window
    {
        return Err(ConfigError {
            field: "min_calls",
            bound: Cow::Owned(format!("at most the `window`, which is {window} calls")),
            given: min_calls.show(),
        });
    }
    Ok(())
}
