//! How a registry and its breakers stand to other instances of the program.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use serde::Serialize;

use super::{
    latency::seconds,
    snapshot::{optional_rfc3339, rfc3339},
};
use crate::breaker::Mode;

/// No time that is told to other instances is longer: what lasts longer is told of again before it is over,
/// and an operator may not order it.
pub(crate) const LONGEST: Duration = Duration::from_secs(30 * 24 * 3600);

/// How an instance stands to the store that it shares its breakers through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "admin", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct SharedStatus {
    /// What the store is called; without a password.
    pub store: String,
    /// What this instance is called.
    pub instance: String,
    /// Whether the store answers. While it does not, breakers decide alone.
    pub connected: bool,
    /// Since when that is so, by the wall clock, for people.
    #[serde(serialize_with = "rfc3339")]
    #[cfg_attr(feature = "admin", schema(value_type = String, format = DateTime))]
    pub since: SystemTime,
    /// How many instances live, this one included, as far as is known; 0 before the first answer.
    pub instances: u32,
    /// When this instance last knew all that the others had decided; null before the first time.
    #[serde(serialize_with = "optional_rfc3339")]
    #[cfg_attr(feature = "admin", schema(value_type = Option<String>, format = DateTime))]
    pub agreed: Option<SystemTime>,
    /// Of how many breakers something may have to be told to the others that has not arrived there yet.
    pub pending: u32,
    /// Why the store does not answer; null while it does, and before the first attempt.
    pub problem: Option<String>,
}

/// How a breaker stands to those of its name in other instances of the program.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "admin", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct SharedBreaker {
    /// Whether the store answers through which they are shared. While it does not, the breaker decides
    /// alone, and the rest is how it was.
    pub connected: bool,
    /// Greater with each opening and closing of all instances; 0 where none has been told of.
    pub epoch: u64,
    /// Whether all instances were told to open. A breaker may be open alone where a quorum is needed.
    pub open: bool,
    /// The instance that opened or closed it for all last; null where none has, and after a reset for
    /// all.
    pub changed_by: Option<String>,
    /// What an operator has set for all instances; null where nothing is, or its time is over.
    pub mode: Option<SharedMode>,
    /// Settings that an operator has changed for all instances; null where none are, or their time is
    /// over.
    pub settings: Option<SharedSettings>,
}

/// A mode that all instances are to be in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "admin", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct SharedMode {
    /// The mode.
    pub mode: Mode,
    /// For how long still; in seconds where it is JSON.
    #[serde(serialize_with = "seconds")]
    #[cfg_attr(feature = "admin", schema(value_type = f64))]
    pub remaining: Duration,
}

/// Settings that are to be in force in all instances.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "admin", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct SharedSettings {
    /// Their names and values, as [`explain`](crate::Registry::explain) would show them.
    pub settings: BTreeMap<String, String>,
    /// For how long still; in seconds where it is JSON.
    #[serde(serialize_with = "seconds")]
    #[cfg_attr(feature = "admin", schema(value_type = f64))]
    pub remaining: Duration,
}
