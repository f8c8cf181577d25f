//! What happens to breakers, as it is told to those who listen.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use serde::{Serialize, Serializer};

use super::{
    latency::seconds,
    operation::{Action, Operation, Scope},
    snapshot::{optional_seconds, rfc3339},
};
use crate::{
    breaker::{Mode, State, TransitionReason, change::Transition},
    clock::Tick,
    name::Name,
};

/// Something that happened to a breaker.
///
/// Of one breaker, events arrive in the order in which they happened. Times are by the wall clock, for
/// people.
///
/// The kinds that come with single calls ([`CallRejected`](Self::CallRejected),
/// [`CallRetried`](Self::CallRetried), [`StaleAnswerUsed`](Self::StaleAnswerUsed),
/// [`FallbackUsed`](Self::FallbackUsed)) are made only while somebody has asked for them, with
/// [`Subscription::with_calls`](crate::Subscription::with_calls).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "admin", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "event")]
#[non_exhaustive]
pub enum Event {
    /// The state that callers meet has changed; or, in [`Mode::MetricsOnly`], would have.
    #[non_exhaustive]
    Transition {
        /// The breaker.
        #[cfg_attr(feature = "admin", schema(value_type = String))]
        name: Name,
        /// When.
        #[serde(serialize_with = "rfc3339")]
        #[cfg_attr(feature = "admin", schema(value_type = String, format = DateTime))]
        at: SystemTime,
        /// The state before. Of one breaker, this is the `to` of the transition before, dry runs
        /// aside.
        from: State,
        /// The state since.
        to: State,
        /// Why.
        reason: TransitionReason,
        /// How long the breaker stays open, where it opened by its own counts; `Duration::MAX`
        /// until it is reset.
        #[serde(serialize_with = "optional_seconds")]
        #[cfg_attr(feature = "admin", schema(value_type = Option<f64>))]
        open_for: Option<Duration>,
        /// What had been counted up to then.
        counts: Counts,
        /// The first 200 characters of the latest failure's error, where it opened and there is one.
        error: Option<String>,
        /// The breaker only keeps figures: calls go on as if nothing had happened.
        dry_run: bool,
    },
    /// A call was turned away.
    #[non_exhaustive]
    CallRejected {
        /// The breaker.
        #[cfg_attr(feature = "admin", schema(value_type = String))]
        name: Name,
        /// When.
        #[serde(serialize_with = "rfc3339")]
        #[cfg_attr(feature = "admin", schema(value_type = String, format = DateTime))]
        at: SystemTime,
        /// What turned it away.
        reason: Rejection,
    },
    /// A call that failed is made again.
    #[non_exhaustive]
    CallRetried {
        /// The breaker.
        #[cfg_attr(feature = "admin", schema(value_type = String))]
        name: Name,
        /// When.
        #[serde(serialize_with = "rfc3339")]
        #[cfg_attr(feature = "admin", schema(value_type = String, format = DateTime))]
        at: SystemTime,
        /// The number of the attempt that begins; 2 is the first after the call itself.
        attempt: u32,
    },
    /// A call was answered with what an earlier one had returned.
    #[non_exhaustive]
    StaleAnswerUsed {
        /// The breaker.
        #[cfg_attr(feature = "admin", schema(value_type = String))]
        name: Name,
        /// When.
        #[serde(serialize_with = "rfc3339")]
        #[cfg_attr(feature = "admin", schema(value_type = String, format = DateTime))]
        at: SystemTime,
        /// How long ago the service gave that answer.
        #[serde(serialize_with = "seconds")]
        #[cfg_attr(feature = "admin", schema(value_type = f64))]
        age: Duration,
    },
    /// A fallback answered for a call.
    #[non_exhaustive]
    FallbackUsed {
        /// The breaker.
        #[cfg_attr(feature = "admin", schema(value_type = String))]
        name: Name,
        /// When it had answered.
        #[serde(serialize_with = "rfc3339")]
        #[cfg_attr(feature = "admin", schema(value_type = String, format = DateTime))]
        at: SystemTime,
        /// What the answer was; of several fallbacks, the last one's.
        result: FallbackResult,
    },
    /// The breaker was reset. If that changed its state, the transition follows.
    #[non_exhaustive]
    Reset {
        /// The breaker.
        #[cfg_attr(feature = "admin", schema(value_type = String))]
        name: Name,
        /// When.
        #[serde(serialize_with = "rfc3339")]
        #[cfg_attr(feature = "admin", schema(value_type = String, format = DateTime))]
        at: SystemTime,
    },
    /// An operator set a mode, or its time ran out. If that changed the state, the transition follows.
    #[non_exhaustive]
    ModeChanged {
        /// The breaker.
        #[cfg_attr(feature = "admin", schema(value_type = String))]
        name: Name,
        /// When. A mode whose time has run out ends with the next call, or change, after that.
        #[serde(serialize_with = "rfc3339")]
        #[cfg_attr(feature = "admin", schema(value_type = String, format = DateTime))]
        at: SystemTime,
        /// The mode before; the same as `to` where only its end was moved.
        from: Mode,
        /// The mode since.
        to: Mode,
        /// How long the new mode lasts, if it ends by itself.
        #[serde(serialize_with = "optional_seconds")]
        #[cfg_attr(feature = "admin", schema(value_type = Option<f64>))]
        lasts: Option<Duration>,
    },
    /// The breaker's settings were changed.
    #[non_exhaustive]
    ConfigChanged {
        /// The breaker.
        #[cfg_attr(feature = "admin", schema(value_type = String))]
        name: Name,
        /// When.
        #[serde(serialize_with = "rfc3339")]
        #[cfg_attr(feature = "admin", schema(value_type = String, format = DateTime))]
        at: SystemTime,
        /// The settings that are others than before.
        changes: Vec<SettingChange>,
    },
    /// The store does not answer through which breakers are shared with other instances of the program:
    /// they decide alone from here on. Told once, however long that lasts. With the feature `redis`.
    #[non_exhaustive]
    StoreDegraded {
        /// What the store is called, in the place of a breaker's name; without a password.
        #[cfg_attr(feature = "admin", schema(value_type = String))]
        name: Name,
        /// When.
        #[serde(serialize_with = "rfc3339")]
        #[cfg_attr(feature = "admin", schema(value_type = String, format = DateTime))]
        at: SystemTime,
        /// Why.
        why: String,
    },
    /// The store answers again, and breakers are shared again.
    #[non_exhaustive]
    StoreRestored {
        /// What the store is called, in the place of a breaker's name.
        #[cfg_attr(feature = "admin", schema(value_type = String))]
        name: Name,
        /// When.
        #[serde(serialize_with = "rfc3339")]
        #[cfg_attr(feature = "admin", schema(value_type = String, format = DateTime))]
        at: SystemTime,
    },
    /// Somebody changed something through the management API. What came of it follows; nothing does where
    /// the breaker was so already.
    #[non_exhaustive]
    Operated {
        /// The breaker.
        #[cfg_attr(feature = "admin", schema(value_type = String))]
        name: Name,
        /// When.
        #[serde(serialize_with = "rfc3339")]
        #[cfg_attr(feature = "admin", schema(value_type = String, format = DateTime))]
        at: SystemTime,
        /// What was asked for.
        action: Action,
        /// For which instances of the program. Where it is for all, what came of it here precedes, and
        /// there is no such event in the others.
        scope: Scope,
        /// Who asked, as the API's authorization tells it.
        who: String,
        /// The address from which the request came, where the server tells it.
        from: Option<String>,
        /// The first 200 characters of why, where that was given.
        reason: Option<String>,
    },
}

/// What had been counted when a breaker changed its state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "admin", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Counts {
    /// The row of failures; of a closed breaker.
    pub consecutive_failures: u32,
    /// Probes that had succeeded; of a half-open breaker.
    pub probe_successes: u32,
    /// Calls in the window; of a closed breaker.
    pub calls: u64,
    /// The failures among them.
    pub failures: u64,
    /// The slow calls among them.
    pub slow: u64,
}

/// What turned a call away.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[cfg_attr(feature = "admin", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Rejection {
    /// The breaker is open.
    Open,
    /// The breaker is half-open, and its probes are under way.
    HalfOpen,
    /// The breaker is forced open.
    ForcedOpen,
    /// The breaker sheds a share of the calls.
    Shed,
    /// As many calls were under way as `max_concurrent` allows.
    BulkheadFull,
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Open => "it is open",
            Self::HalfOpen => "it is half-open, and its probes are under way",
            Self::ForcedOpen => "it is forced open",
            Self::Shed => "it sheds a share of the calls",
            Self::BulkheadFull => "as many as max_concurrent are under way",
        })
    }
}

/// What a fallback answered with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[cfg_attr(feature = "admin", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FallbackResult {
    /// An answer.
    Success,
    /// A failure of its own.
    Failure,
}

impl fmt::Display for FallbackResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Success => "success",
            Self::Failure => "failure",
        })
    }
}

/// One setting's old and new value, as they would be written in the attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "admin", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct SettingChange {
    /// The setting.
    pub setting: &'static str,
    /// Its value before.
    pub from: String,
    /// Its value since.
    pub to: String,
}

impl Event {
    pub(crate) fn transition(
        name: Name,
        at: SystemTime,
        transition: &Transition,
        error: Option<&str>,
    ) -> Self {
        let Transition { from, to, reason, opening, dry_run, before } = *transition;
        let open_for = opening.map(|opening| match opening.until {
            Tick::NEVER => Duration::MAX,
            until => until.since(opening.since),
        });
        let counts = Counts {
            consecutive_failures: before.row,
            probe_successes: before.probe_successes,
            calls: before.window.calls,
            failures: before.window.failures,
            slow: before.window.slow,
        };
        let error = error.map(ToOwned::to_owned);
        Self::Transition { name, at, from, to, reason, open_for, counts, error, dry_run }
    }

    pub(crate) fn operated(name: Name, at: SystemTime, operation: Operation) -> Self {
        let Operation { action, scope, who, from, reason } = operation;
        Self::Operated { name, at, action, scope, who, from, reason }
    }

    /// The name of the breaker.
    pub fn name(&self) -> &str {
        self.whose()
    }

    /// The same, which a log can show.
    pub(crate) fn whose(&self) -> &Name {
        match self {
            Self::Transition { name, .. }
            | Self::CallRejected { name, .. }
            | Self::CallRetried { name, .. }
            | Self::StaleAnswerUsed { name, .. }
            | Self::FallbackUsed { name, .. }
            | Self::Reset { name, .. }
            | Self::ModeChanged { name, .. }
            | Self::StoreDegraded { name, .. }
            | Self::StoreRestored { name, .. }
            | Self::ConfigChanged { name, .. }
            | Self::Operated { name, .. } => name,
        }
    }

    /// When it happened.
    pub fn at(&self) -> SystemTime {
        match self {
            Self::Transition { at, .. }
            | Self::CallRejected { at, .. }
            | Self::CallRetried { at, .. }
            | Self::StaleAnswerUsed { at, .. }
            | Self::FallbackUsed { at, .. }
            | Self::Reset { at, .. }
            | Self::ModeChanged { at, .. }
            | Self::StoreDegraded { at, .. }
            | Self::StoreRestored { at, .. }
            | Self::ConfigChanged { at, .. }
            | Self::Operated { at, .. } => *at,
        }
    }

    /// Whether it came with a single call, and so is only for those who asked for such.
    pub(crate) fn is_of_a_call(&self) -> bool {
        matches!(
            self,
            Self::CallRejected { .. }
                | Self::CallRetried { .. }
                | Self::StaleAnswerUsed { .. }
                | Self::FallbackUsed { .. }
        )
    }
}

impl SettingChange {
    pub(crate) fn new((setting, from, to): (&'static str, String, String)) -> Self {
        Self { setting, from, to }
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}
