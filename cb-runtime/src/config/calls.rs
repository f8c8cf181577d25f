//! What may be changed of the calls of one function, where its attribute has the key.

use std::time::Duration;

/// Changes of call settings; what is not given stays as the attribute has it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct CallChanges {
    pub(crate) call_timeout: Option<Duration>,
    pub(crate) max_concurrent: Option<u32>,
    pub(crate) retry: RetryChanges,
    /// That of `stale_if_error`.
    pub(crate) max_age: Option<Duration>,
}

/// Changes of parts of a `retry`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct RetryChanges {
    pub(crate) max_attempts: Option<u32>,
    pub(crate) delay: Option<Duration>,
    pub(crate) factor: Option<f64>,
    pub(crate) max_delay: Option<Duration>,
    pub(crate) jitter: Option<f64>,
}
