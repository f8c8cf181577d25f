//! For which instances of the program something is done, and for how long there.

use std::time::Duration;

use axum::http::StatusCode;
use serde::{Deserialize, Deserializer, de};

use super::problem::Problem;
#[cfg(all(feature = "redis", not(cb_loom)))]
use crate::shared::SharedError;
use crate::{
    breaker::Mode,
    observe::{operation::Scope, together::LONGEST},
    registry::Registry,
};

/// So long an instance that is away may take to do what is done at once, unless it is told otherwise.
const AT_ONCE: Duration = Duration::from_secs(10 * 60);

/// Where something is to be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reach {
    Here,
    /// In all instances, in force for so long.
    Everywhere(Duration),
}

impl Reach {
    pub(super) fn of_reset(scope: Scope, lasts: Option<Duration>) -> Result<Self, Problem> {
        match (scope, lasts) {
            (Scope::Instance, None) => Ok(Self::Here),
            (Scope::Instance, Some(_)) => Err(unfit(
                "left out where only this instance is reset",
                "a reset of one instance is done at once; leave `for` out, or say `\"scope\": \"cluster\"`",
            )),
            (Scope::Cluster, lasts) => everywhere(lasts.unwrap_or(AT_ONCE)),
        }
    }

    /// `in_force` is how long what was set for all before would last still.
    pub(super) fn of_mode(
        scope: Scope,
        mode: Mode,
        lasts: Option<Duration>,
        in_force: Option<Duration>,
    ) -> Result<Self, Problem> {
        match (scope, mode, lasts) {
            (_, Mode::Normal, Some(_)) => Err(unfit(
                "left out with the normal mode",
                "the normal mode does not end, so leave `for` out",
            )),
            (Scope::Instance, ..) => Ok(Self::Here),
            (Scope::Cluster, Mode::Normal, None) => Ok(taking_back(in_force)),
            (Scope::Cluster, _, None) => Err(timeless("a mode")),
            (Scope::Cluster, _, Some(lasts)) => everywhere(lasts),
        }
    }

    /// `takes_back` where none are given, which ends what was set for all before.
    pub(super) fn of_config(
        scope: Scope,
        takes_back: bool,
        lasts: Option<Duration>,
        in_force: Option<Duration>,
    ) -> Result<Self, Problem> {
        match (scope, lasts) {
            (Scope::Instance, None) => Ok(Self::Here),
            (Scope::Instance, Some(_)) => Err(unfit(
                "left out where only this instance is changed",
                "settings of one instance stay until it ends; leave `for` out, or say `scope=cluster`",
            )),
            (Scope::Cluster, None) if takes_back => Ok(taking_back(in_force)),
            (Scope::Cluster, None) => Err(timeless("a change")),
            (Scope::Cluster, Some(lasts)) => everywhere(lasts),
        }
    }

    pub(super) fn scope(self) -> Scope {
        match self {
            Self::Here => Scope::Instance,
            Self::Everywhere(_) => Scope::Cluster,
        }
    }
}

fn everywhere(lasts: Duration) -> Result<Reach, Problem> {
    if lasts <= LONGEST {
        return Ok(Reach::Everywhere(lasts));
    }
    let days = LONGEST.as_secs() / (24 * 3600);
    let bound = format!("at most {days} days");
    let lasts = humantime::format_duration(lasts);
    Err(unfit(&bound, &format!("what is set for all instances lasts {bound}, and not {lasts}")))
}

/// An instance that is away has what was set until that is over, and is to hear of its end as long. One
/// that starts later, and sets something itself, is not to lose that.
fn taking_back(in_force: Option<Duration>) -> Reach {
    Reach::Everywhere(in_force.unwrap_or_default().clamp(AT_ONCE, LONGEST))
}

fn timeless(what: &str) -> Problem {
    unfit(
        "given where it is for all instances",
        &format!(
            "{what} for all instances ends by itself, so that none is forgotten; say when with `for`, such as `10m`"
        ),
    )
}

fn unfit(bound: &str, why: &str) -> Problem {
    Problem::unfit("for", bound, format!("nothing was done: {why}"))
}

/// What is ordered of all instances.
#[cfg_attr(
    any(not(feature = "redis"), cb_loom),
    allow(dead_code, reason = "without a store there is nobody to be told")
)]
#[derive(Clone, Copy)]
pub(super) enum Order<'a> {
    Reset,
    Mode(Mode),
    /// Settings as JSON.
    Config(&'a str),
}

/// Does it in all instances: when this returns, it is done here too, and the others have been told.
#[cfg_attr(
    any(not(feature = "redis"), cb_loom),
    allow(clippy::unused_async, unused_variables, reason = "has the shape of the other")
)]
pub(super) async fn order(
    registry: &Registry,
    name: &str,
    order: Order<'_>,
    lasts: Duration,
) -> Result<(), Problem> {
    #[cfg(all(feature = "redis", not(cb_loom)))]
    if let Some(shared) = registry.shared() {
        let done = match order {
            Order::Reset => shared.reset(name, lasts).await,
            Order::Mode(mode) => shared.set_mode(name, mode, lasts).await,
            Order::Config(settings) => shared.configure(name, settings, lasts).await,
        };
        return done.map_err(Problem::from);
    }
    Err(not_shared())
}

/// Whether all instances can be reached, as far as is known.
pub(super) fn reachable(registry: &Registry) -> Result<(), Problem> {
    match registry.store() {
        None => Err(not_shared()),
        Some(status) if status.connected => Ok(()),
        Some(status) => Err(away(status.problem.as_deref().unwrap_or("it has not answered yet"))),
    }
}

/// Waiting helps.
fn away(why: &str) -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        format!(
            "nothing was done here: the shared store is away: {why}; try again once it is back, or leave `scope` \
             out to change this instance alone"
        ),
    )
}

/// Waiting does not help: the program would have to be another one.
fn not_shared() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "nothing was done: this program does not share its breakers with other instances; leave `scope` out, \
         or have it call `Registry::share`",
    )
    .with_field("scope")
    .with_bound("`instance`, as breakers are not shared")
}

#[cfg(all(feature = "redis", not(cb_loom)))]
impl From<SharedError> for Problem {
    fn from(error: SharedError) -> Self {
        match error {
            SharedError::Away(why) => away(&why),
            SharedError::Left => not_shared(),
            SharedError::Settings(_) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, format!("nothing was done: {error}"))
            }
        }
    }
}

/// A scope as it is written in a request.
pub(super) fn scope<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Scope, D::Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Known {
        Instance,
        Cluster,
    }
    Known::deserialize(deserializer).map(|known| match known {
        Known::Instance => Scope::Instance,
        Known::Cluster => Scope::Cluster,
    })
}

/// A time as it is written in a request.
pub(super) fn lasts<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Duration>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    time(&text).map(Some).map_err(de::Error::custom)
}

/// The same behind the `?`.
pub(super) fn lasts_in_query(text: Option<&str>) -> Result<Option<Duration>, Problem> {
    let told = |bound: String| unfit(&bound, &format!("`for` must be {bound}"));
    text.map(|text| time(text).map_err(told)).transpose()
}

fn time(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(Duration::ZERO) => Err("a time longer than zero, such as `10m`".to_owned()),
        Ok(lasts) => Ok(lasts),
        Err(error) => Err(format!("a time, such as `10m` or `1h 30m`: {error}")),
    }
}
