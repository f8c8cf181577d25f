//! What the machine tells of itself when something has changed.

use std::fmt;

use serde::Serialize;

use super::{
    opening::Opening,
    state::{Mode, State},
};
use crate::{
    clock::Tick,
    observe::{event::SettingChange, operation::Operation},
    policy::OpenReason,
    window::Counts,
};

/// Something that has just changed.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Change {
    Transition(Transition),
    Reset,
    /// An operator asked for what follows.
    Operated(Box<Operation>),
    Config(Vec<SettingChange>),
    Mode {
        from: Mode,
        to: Mode,
        /// When the new mode ends by itself.
        until: Tick,
    },
}

/// A change of the state that callers meet, or in a dry run of the one that they would have met.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Transition {
    pub(crate) from: State,
    pub(crate) to: State,
    pub(crate) reason: TransitionReason,
    /// Set where the breaker opened by its own counts.
    pub(crate) opening: Option<Opening>,
    /// Made in [`Mode::MetricsOnly`], where it has no effect on calls.
    pub(crate) dry_run: bool,
    /// What was counted when it happened, with the call that brought it about.
    pub(crate) before: Before,
}

/// The counts that a change of state clears.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(crate) struct Before {
    pub(crate) row: u32,
    pub(crate) probe_successes: u32,
    pub(crate) window: Counts,
}

/// Why a breaker's state changed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[cfg_attr(feature = "admin", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "why")]
#[non_exhaustive]
pub enum TransitionReason {
    /// It opened.
    Opened {
        /// What opened it.
        reason: OpenReason,
    },
    /// The open time was over, and the first probe came.
    OpenTimeOver,
    /// So many probes succeeded.
    ProbesSucceeded {
        /// How many.
        count: u32,
    },
    /// It was reset.
    Reset,
    /// Its mode was changed, or ran out.
    ModeChanged,
    /// Another instance of the program closed it, see `SharedState` (feature `redis`).
    ClosedElsewhere,
}

impl fmt::Display for TransitionReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opened { reason } => reason.fmt(f),
            Self::OpenTimeOver => f.write_str("the open time was over"),
            Self::ProbesSucceeded { count: 1 } => f.write_str("a probe succeeded"),
            Self::ProbesSucceeded { count } => write!(f, "{count} probes succeeded"),
            Self::Reset => f.write_str("reset"),
            Self::ModeChanged => f.write_str("its mode was changed"),
            Self::ClosedElsewhere => f.write_str("another instance closed it"),
        }
    }
}
