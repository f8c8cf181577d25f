//! A breaker at one moment.

use std::time::{Duration, SystemTime};

use serde::{Serialize, Serializer};

use super::{latency::ResponseTimes, together::SharedBreaker};
use crate::{
    breaker::{Mode, OpenReason, State, machine::Machine},
    clock::Tick,
    config::Config,
    name::Name,
};

/// A breaker at one moment, to be looked at, compared and serialized.
///
/// Times are by the wall clock, worked out from how long ago they were; they are for people.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Snapshot {
    /// The breaker's name; of a keyed one, `parent[key]`.
    pub name: String,
    /// The name that a keyed breaker shares with the others of its kind; `None` for other breakers.
    pub parent: Option<String>,
    /// The key of a keyed breaker, any text; `None` for other breakers.
    pub key: Option<String>,
    /// What kind of service stands behind it.
    pub service_type: Option<String>,
    /// Whether the program's health hangs on it.
    pub critical: bool,
    /// What a caller would meet now.
    pub state: State,
    /// What an operator has set.
    pub mode: Mode,
    /// Since when it has been in this state and mode.
    #[serde(serialize_with = "rfc3339")]
    pub since: SystemTime,
    /// The length of the present row of failures; zero unless closed.
    pub consecutive_failures: u32,
    /// Failures ÷ (successes + failures) in the window, from 0 to 1; `None` below `min_calls` of them.
    pub failure_rate: Option<f64>,
    /// Slow calls ÷ all calls in the window, from 0 to 1; `None` below `min_calls` of them, and where
    /// no `slow_call` is set.
    pub slow_call_rate: Option<f64>,
    /// What has been counted since the breaker was made.
    pub totals: Totals,
    /// How often it has opened since it was made; what a dry run would have opened is not among them.
    pub openings: u64,
    /// Why it opened last; `None` where it never has.
    pub last_opening: Option<OpenReason>,
    /// How long until it admits a probe; `None` unless open by its own counts.
    #[serde(serialize_with = "optional_seconds")]
    pub remaining_open: Option<Duration>,
    /// How long calls took; `None` before the first call that was timed.
    pub response_times: Option<ResponseTimes>,
    /// The latest success; where only a sample of calls is timed, the latest of those. `None` with
    /// `response_times` off, except for successes after a failure.
    #[serde(serialize_with = "optional_rfc3339")]
    pub last_success: Option<SystemTime>,
    /// The latest failure.
    #[serde(serialize_with = "optional_rfc3339")]
    pub last_failure: Option<SystemTime>,
    /// The first 200 characters of the latest failure's error, where it has a text.
    pub last_error: Option<String>,
    /// How it stands to the breakers of its name in other instances of the program; `None` where the
    /// registry does not share its breakers.
    pub shared: Option<SharedBreaker>,
    /// The settings in force.
    pub config: Config,
}

/// Calls by how they ended, since the breaker was made; a reset keeps them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "admin", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Totals {
    /// Calls that were admitted, those still under way included.
    pub calls: u64,
    /// Calls judged successes.
    pub successes: u64,
    /// Calls judged failures, those that panicked or timed out included.
    pub failures: u64,
    /// Calls whose outcome says nothing about the service.
    pub ignored: u64,
    /// Calls that were turned away.
    pub rejected: u64,
    /// Calls dropped for taking longer than their `call_timeout`; failures too.
    pub timeouts: u64,
    /// Calls that took longer than `slow_call`, successes and failures among them, and those that
    /// their caller dropped after it.
    pub slow: u64,
    /// Calls dropped by their caller; where that counts as a failure, they are in `failures` instead.
    pub cancelled: u64,
    /// Answers that a fallback gave, failed ones included.
    pub fallbacks: u64,
    /// Answers of fallbacks that were failures themselves.
    pub fallback_failures: u64,
    /// Calls answered with what an earlier one had returned.
    pub stale_answers: u64,
    /// Attempts to make a call again after it had failed.
    pub retries: u64,
}

impl Snapshot {
    pub(crate) fn new(
        now: Tick,
        name: &Name,
        config: Config,
        machine: &Machine,
        totals: Totals,
    ) -> Self {
        let (state, mode) = (machine.state(now), machine.mode(now));
        let counts = machine.counts(now, &config);
        let slow_call_rate = config.slow_call().and(counts.slow_call_rate(config.min_calls()));
        let (parent, key) = name.parent_and_key().unzip();
        let is_open = state == State::Open && mode != Mode::ForcedOpen;
        Self {
            name: name.as_str().to_owned(),
            parent: parent.map(ToOwned::to_owned),
            key: key.map(ToOwned::to_owned),
            service_type: config.service_type().map(ToOwned::to_owned),
            critical: config.critical(),
            state,
            mode,
            since: wall(now, machine.since(now)),
            consecutive_failures: machine.row(),
            failure_rate: counts.failure_rate(config.min_calls()),
            slow_call_rate,
            totals,
            openings: machine.openings(),
            last_opening: machine.last_opening(),
            remaining_open: is_open.then(|| machine.opening().until.since(now)),
            response_times: None,
            last_success: None,
            last_failure: None,
            last_error: None,
            shared: None,
            config,
        }
    }

    pub(crate) fn with_times(self, response_times: Option<ResponseTimes>) -> Self {
        Self { response_times, ..self }
    }

    pub(crate) fn with_last(self, now: Tick, success: Option<Tick>, failure: Tick) -> Self {
        Self {
            last_success: success.map(|at| wall(now, at)),
            last_failure: failure.is_known().then(|| wall(now, failure)),
            ..self
        }
    }

    pub(crate) fn with_last_error(self, error: Option<Box<str>>) -> Self {
        Self { last_error: error.map(Into::into), ..self }
    }
}

pub(crate) fn wall(now: Tick, then: Tick) -> SystemTime {
    let wall_now = SystemTime::now();
    wall_now.checked_sub(now.since(then)).unwrap_or(wall_now)
}

pub(crate) fn rfc3339<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&humantime::format_rfc3339_millis(*time))
}

#[allow(clippy::ref_option, reason = "serde passes fields by reference")]
pub(crate) fn optional_rfc3339<S: Serializer>(
    time: &Option<SystemTime>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => rfc3339(time, serializer),
        None => serializer.serialize_none(),
    }
}

#[allow(clippy::ref_option, reason = "serde passes fields by reference")]
pub(crate) fn optional_seconds<S: Serializer>(
    time: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serializer.serialize_some(&time.as_secs_f64()),
        None => serializer.serialize_none(),
    }
}
