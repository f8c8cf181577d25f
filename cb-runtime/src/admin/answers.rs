//! What is answered, as it is on the wire.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use serde::Serialize;
use utoipa::ToSchema;

use super::schemas::{Function, Settings};

use crate::{
    breaker::{Mode, OpenReason, State},
    config::{Config, ExplainedCalls, ExplainedSetting},
    observe::{
        alerts::Alert,
        event::Event,
        health::{BreakerCounts, Verdict},
        latency::ResponseTimes,
        look::Look,
        operation::Scope,
        snapshot::{Totals, optional_rfc3339, optional_seconds, rfc3339},
        together::{SharedBreaker, SharedStatus},
    },
    registry::Declaration,
};

/// So far back goes a breaker's timeline.
pub(super) const TIMELINE: Duration = Duration::from_secs(60 * 60);

/// The breakers of a program.
#[derive(Serialize, ToSchema)]
pub(super) struct Status {
    /// When this was so.
    #[serde(serialize_with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(super) at: SystemTime,
    /// Another one after each start of the program.
    #[schema(value_type = String)]
    pub(super) instance: Arc<str>,
    /// When this API was made, which mostly is when the program was started. How a breaker was before that
    /// and before the first change in its timeline, nobody here knows.
    #[serde(serialize_with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(super) started: SystemTime,
    /// How all breakers are together.
    pub(super) verdict: Verdict,
    /// The share of breakers that are closed, critical ones counting double.
    pub(super) score: f64,
    /// How it stands to the store through which breakers are shared with other instances of the program; null
    /// where they are not.
    pub(super) store: Option<SharedStatus>,
    /// All breakers, in three groups.
    pub(super) summary: Summary,
    /// All breakers, by what calls meet and by what operators have set.
    pub(super) totals: BreakerCounts,
    /// How many breakers are of the service type and the state that were asked for.
    pub(super) matching: usize,
    /// These, by name, from `after` on, and no more than `limit`.
    pub(super) breakers: Vec<Row>,
    /// What `after` is to be for those that follow; none where none do.
    pub(super) next: Option<String>,
}

/// All breakers, in three groups.
#[derive(Clone, Copy, Default, Serialize, ToSchema)]
pub(super) struct Summary {
    /// Closed ones.
    pub(super) healthy: u64,
    /// Half-open ones, and closed ones that shed calls.
    pub(super) degraded: u64,
    /// Open ones.
    pub(super) failed: u64,
}

/// A breaker.
#[derive(Serialize, ToSchema)]
pub(super) struct Row {
    /// Its name; of a keyed one, `parent[key]`.
    pub(super) name: String,
    /// The name that a keyed breaker shares with the others of its kind.
    parent: Option<String>,
    /// The key of a keyed breaker.
    key: Option<String>,
    /// What kind of service stands behind it.
    pub(super) service_type: Option<String>,
    /// Whether the program's health hangs on it.
    critical: bool,
    /// What a caller would meet now.
    pub(super) state: State,
    /// What an operator has set.
    pub(super) mode: Mode,
    /// Since when it has been in this state and mode.
    #[serde(serialize_with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    since: SystemTime,
    /// The length of the present row of failures.
    consecutive_failures: u32,
    /// How long a row opens it.
    failure_threshold: u32,
    /// The share of failures in the window; null below `min_calls`.
    failure_rate: Option<f64>,
    /// The share of slow calls in the window.
    slow_call_rate: Option<f64>,
    /// What has been counted since it was made.
    totals: Totals,
    /// How often it has opened since it was made.
    openings: u64,
    /// Why it opened last.
    last_opening: Option<OpenReason>,
    /// How many seconds until it admits a probe.
    #[serde(serialize_with = "optional_seconds")]
    #[schema(value_type = Option<f64>)]
    remaining_open: Option<Duration>,
    /// How long calls took.
    response_times: Option<ResponseTimes>,
    /// The latest success.
    #[serde(serialize_with = "optional_rfc3339")]
    #[schema(value_type = Option<String>, format = DateTime)]
    last_success: Option<SystemTime>,
    /// The latest failure.
    #[serde(serialize_with = "optional_rfc3339")]
    #[schema(value_type = Option<String>, format = DateTime)]
    last_failure: Option<SystemTime>,
    /// The latest failure's error.
    last_error: Option<String>,
    /// How it stands to those of its name in other instances; null where breakers are not shared.
    shared: Option<SharedBreaker>,
    /// Its changes of state in the last hour, oldest first.
    timeline: Vec<Moment>,
}

/// A change of state.
#[derive(Serialize, ToSchema)]
struct Moment {
    /// When.
    #[serde(serialize_with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    at: SystemTime,
    /// The state since.
    to: State,
}

impl Row {
    /// What was seen of a breaker, and its settings.
    pub(super) fn of(look: Look) -> (Self, Config) {
        let timeline = look.recent.iter().filter_map(|(_, event)| moment(event)).collect();
        let snapshot = look.snapshot;
        let row = Self {
            name: snapshot.name,
            parent: snapshot.parent,
            key: snapshot.key,
            service_type: snapshot.service_type,
            critical: snapshot.critical,
            state: snapshot.state,
            mode: snapshot.mode,
            since: snapshot.since,
            consecutive_failures: snapshot.consecutive_failures,
            failure_threshold: snapshot.config.failure_threshold(),
            failure_rate: snapshot.failure_rate,
            slow_call_rate: snapshot.slow_call_rate,
            totals: snapshot.totals,
            openings: snapshot.openings,
            last_opening: snapshot.last_opening,
            remaining_open: snapshot.remaining_open,
            response_times: snapshot.response_times,
            last_success: snapshot.last_success,
            last_failure: snapshot.last_failure,
            last_error: snapshot.last_error,
            shared: snapshot.shared,
            timeline,
        };
        (row, snapshot.config)
    }
}

fn moment(event: &Event) -> Option<Moment> {
    match event {
        Event::Transition { at, to, dry_run: false, .. } => Some(Moment { at: *at, to: *to }),
        _ => None,
    }
}

/// A breaker with all that is known of it.
#[derive(Serialize, ToSchema)]
pub(super) struct Details {
    #[serde(flatten)]
    pub(super) row: Row,
    /// The settings in force.
    #[schema(value_type = Settings)]
    pub(super) config: Config,
    /// Each setting with its value and where that comes from.
    pub(super) settings: Vec<ExplainedSetting>,
    /// The settings of calls, of those of its functions that have any.
    pub(super) calls: Vec<ExplainedCalls>,
    /// Its latest 100 events, oldest first.
    pub(super) history: Vec<Event>,
    /// The annotated functions that share it.
    #[schema(value_type = Vec<Function>)]
    pub(super) functions: Vec<&'static Declaration>,
}

/// A name that a breaker for each value of a key shares.
#[derive(Serialize, ToSchema)]
pub(super) struct KeyedDetails {
    /// The name.
    pub(super) name: String,
    /// Always true.
    pub(super) keyed: bool,
    /// The settings that a breaker of a new key has.
    #[schema(value_type = Settings)]
    pub(super) config: Config,
    /// Each setting with its value and where that comes from.
    pub(super) settings: Vec<ExplainedSetting>,
    /// The settings of calls, of those of its functions that have any.
    pub(super) calls: Vec<ExplainedCalls>,
    /// The annotated functions that share it.
    #[schema(value_type = Vec<Function>)]
    pub(super) functions: Vec<&'static Declaration>,
    /// The first 1 000 of its breakers, by name.
    pub(super) keys: Vec<Row>,
    /// How many there are.
    pub(super) total_keys: usize,
}

/// What bears a name.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum Named {
    /// A breaker.
    One(Box<Details>),
    /// A name that a breaker for each value of a key shares.
    Keyed(Box<KeyedDetails>),
}

/// What ought to be looked at.
#[derive(Serialize, ToSchema)]
pub(super) struct Alerts {
    /// The worst first.
    pub(super) alerts: Vec<Alert>,
}

/// What the program's attributes say.
#[derive(Serialize, ToSchema)]
pub(super) struct DeclarationsAnswer {
    /// Every annotated function, in the order of files and lines.
    #[schema(value_type = Vec<Function>)]
    pub(super) declarations: Vec<&'static Declaration>,
    /// Functions that share a breaker and contradict each other.
    pub(super) conflicts: Vec<ConflictAnswer>,
}

/// Two functions that give one setting of one breaker different values.
#[derive(Serialize, ToSchema)]
pub(super) struct ConflictAnswer {
    /// The breaker.
    pub(super) name: &'static str,
    /// The setting.
    pub(super) setting: &'static str,
    /// The place of the value that stands.
    pub(super) kept: Place,
    /// The place of the other.
    pub(super) ignored: Place,
    /// Both values and both places in a sentence.
    pub(super) text: String,
}

/// An annotated function.
#[derive(Serialize, ToSchema)]
pub(super) struct Place {
    /// Its path.
    pub(super) function: String,
    /// The source file.
    pub(super) file: &'static str,
    /// The line of the attribute.
    pub(super) line: u32,
}

/// What was done.
#[derive(Serialize, ToSchema)]
pub(super) struct Done {
    /// What.
    pub(super) action: &'static str,
    /// In which instances of the program.
    pub(super) scope: Scope,
    /// To these.
    pub(super) breakers: Vec<String>,
}

/// How a service's health check went.
#[derive(Serialize, ToSchema)]
pub(super) struct Tested {
    /// The breaker whose check it is.
    pub(super) service_name: String,
    /// Whether every run found the service well.
    pub(super) healthy: bool,
    /// Each run.
    pub(super) iterations: Vec<Iteration>,
    /// How many found it well.
    pub(super) passed: usize,
    /// How many did not.
    pub(super) failed: usize,
}

/// One run of a health check.
#[derive(Serialize, ToSchema)]
pub(super) struct Iteration {
    /// Whether it found the service well.
    pub(super) ok: bool,
    /// How long it took.
    pub(super) seconds: f64,
    /// What it found wrong.
    pub(super) error: Option<String>,
}
