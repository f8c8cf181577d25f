//! What operators ask breakers for.

use std::fmt;

use serde::Serialize;

/// What an operator can ask a breaker for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[cfg_attr(feature = "admin", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Action {
    /// To be reset.
    Reset,
    /// To take on a mode, or to go back to the normal one.
    Mode,
    /// To take on other settings.
    Config,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Reset => "reset",
            Self::Mode => "mode",
            Self::Config => "config",
        })
    }
}

/// For which instances of a program something is done.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize)]
#[cfg_attr(feature = "admin", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Scope {
    /// For the one that was asked.
    #[default]
    Instance,
    /// For all that share their breakers.
    Cluster,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Instance => "instance",
            Self::Cluster => "cluster",
        })
    }
}

/// An operator's request, as it goes into a breaker's history.
#[derive(Clone, PartialEq, Debug)]
#[cfg_attr(
    not(feature = "admin"),
    allow(dead_code, reason = "nobody but the management API makes one")
)]
pub(crate) struct Operation {
    pub(crate) action: Action,
    pub(crate) scope: Scope,
    pub(crate) who: String,
    pub(crate) from: Option<String>,
    pub(crate) reason: Option<String>,
}
