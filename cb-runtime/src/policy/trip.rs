//! What opens a closed breaker.

use std::fmt;

use serde::Serialize;

use crate::{config::Config, window::Counts};

/// Why a breaker opened.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[cfg_attr(feature = "admin", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "kind")]
#[non_exhaustive]
pub enum OpenReason {
    /// So many failures in a row, with no success between them.
    ConsecutiveFailures {
        /// The length of the row.
        count: u32,
    },
    /// The share of failures in the window reached `failure_rate`.
    #[non_exhaustive]
    FailureRate {
        /// The failures in the window.
        failures: u32,
        /// The successes and failures in the window.
        calls: u32,
    },
    /// The share of slow calls in the window reached `slow_call_rate`.
    #[non_exhaustive]
    SlowCallRate {
        /// The slow calls in the window.
        slow: u32,
        /// All calls in the window.
        calls: u32,
    },
    /// An error said how long to stay away (`open_for`).
    StayAway,
    /// A probe of the half-open breaker failed.
    ProbeFailed,
    /// A probe of the half-open breaker took longer than `slow_call`.
    ProbeSlow,
    /// The health check failed that is run in the place of probes.
    HealthCheckFailed,
    /// An operator forced it open.
    ForcedOpen,
    /// Another instance of the program opened it, see `SharedState` (feature `redis`).
    Elsewhere,
}

impl fmt::Display for OpenReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ConsecutiveFailures { count: 1 } => f.write_str("1 failure"),
            Self::ConsecutiveFailures { count } => write!(f, "{count} failures in a row"),
            Self::FailureRate { failures, calls } => {
                write!(f, "{failures} of {calls} calls failed")
            }
            Self::SlowCallRate { slow, calls } => write!(f, "{slow} of {calls} calls were slow"),
            Self::StayAway => f.write_str("the service asked to stay away"),
            Self::ProbeFailed => f.write_str("a probe failed"),
            Self::ProbeSlow => f.write_str("a probe was slow"),
            Self::HealthCheckFailed => f.write_str("the health check failed"),
            Self::ForcedOpen => f.write_str("forced by hand"),
            Self::Elsewhere => f.write_str("another instance opened it"),
        }
    }
}

fn count(calls: u64) -> u32 {
    u32::try_from(calls).unwrap_or(u32::MAX)
}

/// Whether a failure opens, given the row and the window that it is already part of.
pub(crate) fn on_failure(config: &Config, row: u32, counts: &Counts) -> Option<OpenReason> {
    if row >= config.failure_threshold() {
        return Some(OpenReason::ConsecutiveFailures { count: row });
    }
    let rate = counts.failure_rate(config.min_calls());
    if reaches(rate, config.failure_rate()) {
        let (failures, calls) = (count(counts.failures), count(counts.judged()));
        return Some(OpenReason::FailureRate { failures, calls });
    }
    on_slow_success(config, counts)
}

/// Whether a slow call that did not fail opens.
pub(crate) fn on_slow_success(config: &Config, counts: &Counts) -> Option<OpenReason> {
    reaches(counts.slow_call_rate(config.min_calls()), config.slow_call_rate())
        .then(|| OpenReason::SlowCallRate { slow: count(counts.slow), calls: count(counts.calls) })
}

fn reaches(rate: Option<f64>, bound: Option<f64>) -> bool {
    matches!((rate, bound), (Some(rate), Some(bound)) if rate >= bound)
}
