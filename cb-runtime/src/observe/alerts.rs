//! What ought to be looked at.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use serde::Serialize;

use super::{
    alert_bounds::AlertBounds,
    event::Event,
    look::{Look, percent},
    snapshot::{Snapshot, rfc3339},
    trend::{Condition, Trend},
};
use crate::{
    breaker::{Mode, OpenReason, State, TransitionReason},
    clock::Tick,
    error::show,
    name::escaped,
};

/// Something that ought to be looked at, now.
///
/// ```
/// use cb_runtime::{AlertKind, Config, Registry, Severity};
///
/// let registry = Registry::new();
/// let config = Config::builder().critical(true).failure_threshold(1).build()?;
/// registry.get_or_register("db", config)?.try_acquire()?.failure();
///
/// let alerts = registry.alerts();
/// assert_eq!(alerts[0].severity, Severity::Critical);
/// assert_eq!(alerts[0].kind, AlertKind::CriticalOpen);
/// assert!(alerts[0].text.starts_with("critical circuit breaker `db` is open: 1 failure; next probe in "));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "admin", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Alert {
    /// How bad it is; goes with the kind.
    pub severity: Severity,
    /// What it is.
    pub kind: AlertKind,
    /// The name of the breaker; `None` where it is about several.
    pub breaker: Option<String>,
    /// Since when, by the wall clock, for people.
    #[serde(serialize_with = "rfc3339")]
    #[cfg_attr(feature = "admin", schema(value_type = String, format = DateTime))]
    pub since: SystemTime,
    /// A sentence with the figures in it; what `Display` shows.
    pub text: String,
}

/// How bad something is. The worse is the greater.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[cfg_attr(feature = "admin", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Info,
    /// To be looked at soon.
    Warning,
    /// To be looked at now.
    Critical,
}

/// What an alert is about. Where a bound is named, it is one of [`AlertBounds`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[cfg_attr(feature = "admin", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AlertKind {
    /// Critical: a critical breaker is open, by its own counts or [forced](Mode::ForcedOpen). Since it was
    /// last closed.
    CriticalOpen,
    /// Critical: [so many](AlertBounds::several_opened) breakers that had been closed have opened [within
    /// so long](AlertBounds::several_within) up to now. Those that an operator forced open and those
    /// that reopened after a failed probe are not counted. Since the one that made up the number.
    SeveralOpened,
    /// Critical: a breaker is open, and was last closed more than [so long](AlertBounds::open_for) ago. A
    /// probe that fails in between does not begin it anew. One that is forced open is not meant: an
    /// operator knows, and is reminded by a [recommendation](crate::Registry::recommendations).
    OpenForLong,
    /// Warning: a breaker is half-open.
    HalfOpen,
    /// Warning: the share of failures in a closed breaker's window is over its
    /// [bound](AlertBounds::error_rate). Since the look at the alerts that first saw it.
    ErrorRate,
    /// Warning: the share of slow calls in a closed breaker's window reaches its
    /// [bound](AlertBounds::slow_call_rate), since the look that first saw it; or the breaker opened
    /// for slow calls, and is not closed yet.
    SlowCalls,
    /// Warning: the p95 of a closed breaker's response times of [late](AlertBounds::p95_period) is [so many
    /// times](AlertBounds::p95_factor) that of all calls before. Of 20 calls each at the least. Since
    /// the look that first saw it; the first look at the alerts of all has nothing to compare with.
    ResponseTime,
    /// Warning: two functions of the program contradict each other, see
    /// [`Declarations::verify`](crate::Declarations::verify). Since the registry was made, which is the
    /// program's: others have no functions.
    Conflict,
    /// Warning: what was to be loaded last was refused, so that what was loaded before is in force still.
    /// Since the first of several that were refused in a row. With the feature `config`.
    Load,
    /// Warning: the store does not answer through which the breakers are shared with other instances of
    /// the program. Since it ceased to. With the feature `redis`.
    StoreAway,
    /// Information, for [so long](AlertBounds::recent): a breaker opened or became half-open, or
    /// would have. Of several times, the latest is told.
    Transition,
    /// Information, for [so long](AlertBounds::recent): a breaker is closed again. Of several times, the
    /// latest is told.
    Recovery,
    /// Information, for [so long](AlertBounds::recent): settings of a breaker were changed. Of several
    /// times, the latest is told.
    ConfigChanged,
}

impl AlertKind {
    /// How bad it is.
    pub const fn severity(self) -> Severity {
        match self {
            Self::CriticalOpen | Self::SeveralOpened | Self::OpenForLong => Severity::Critical,
            Self::HalfOpen
            | Self::ErrorRate
            | Self::SlowCalls
            | Self::ResponseTime
            | Self::Conflict
            | Self::Load
            | Self::StoreAway => Severity::Warning,
            Self::Transition | Self::Recovery | Self::ConfigChanged => Severity::Info,
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        })
    }
}

impl fmt::Display for Alert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Alert {
    pub(crate) fn new(
        kind: AlertKind,
        breaker: Option<&str>,
        since: SystemTime,
        text: String,
    ) -> Self {
        Self { severity: kind.severity(), kind, breaker: breaker.map(Into::into), since, text }
    }
}

/// What a rule goes by.
struct Case<'a> {
    look: &'a Look,
    bounds: &'a AlertBounds,
    trend: &'a mut Trend,
}

/// Since when, and the text.
type Found = Option<(Tick, String)>;

type Rule = fn(&mut Case<'_>) -> Found;

/// What there can be to say of one breaker.
const RULES: [(AlertKind, Rule); 9] = [
    (AlertKind::CriticalOpen, critical_open),
    (AlertKind::OpenForLong, open_for_long),
    (AlertKind::HalfOpen, half_open),
    (AlertKind::ErrorRate, error_rate),
    (AlertKind::SlowCalls, slow_calls),
    (AlertKind::ResponseTime, response_time),
    (AlertKind::Transition, transition),
    (AlertKind::Recovery, recovery),
    (AlertKind::ConfigChanged, config_changed),
];

/// Of one breaker.
pub(crate) fn of_breaker(look: &Look, bounds: &AlertBounds, trend: &mut Trend) -> Vec<Alert> {
    let mut case = Case { look, bounds, trend };
    let found = RULES.iter().filter_map(|(kind, rule)| {
        let (since, text) = rule(&mut case)?;
        // Keys and errors have come from outside, and the text may become a line of a log.
        let text = escaped(&text).into_owned();
        Some(Alert::new(*kind, Some(look.name()), look.wall(since), text))
    });
    found.collect()
}

/// Whether one breaker may have something to say that a [`Trend`] is needed for.
pub(crate) fn has_trend(look: &Look) -> bool {
    look.snapshot.totals.calls > 0
}

/// Of all together.
pub(crate) fn of_all(looks: &[Look], bounds: &AlertBounds) -> Option<Alert> {
    let within = bounds.several_within;
    let opened = looks.iter().filter_map(|look| {
        let latest = look.openings(State::Closed, within).last()?;
        Some((look, latest))
    });
    let mut opened: Vec<(&Look, Tick)> = opened.collect();
    let bound = usize::try_from(bounds.several_opened).unwrap_or(usize::MAX);
    opened.sort_by_key(|(_, at)| *at);
    let (look, since) = opened.get(bound.checked_sub(1)?)?;
    let names = some_of(opened.iter().map(|(look, _)| look.name()));
    let text = format!("{} circuit breakers opened within {}: {names}", opened.len(), show(within));
    Some(Alert::new(AlertKind::SeveralOpened, None, look.wall(*since), text))
}

/// The first few names of a list of any length.
fn some_of<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 5;
    let more = names.len().saturating_sub(SHOWN);
    let shown: Vec<String> = names.take(SHOWN).map(|name| format!("`{}`", escaped(name))).collect();
    let shown = shown.join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}

fn critical_open(case: &mut Case<'_>) -> Found {
    let Case { look, .. } = case;
    if !look.snapshot.critical || look.met() != State::Open {
        return None;
    }
    let text = if look.snapshot.mode == Mode::ForcedOpen {
        format!("critical circuit breaker `{}` is forced open", look.name())
    } else {
        format!("critical circuit breaker `{}` is open{}", look.name(), story(look))
    };
    Some((look.outage()?, text))
}

fn open_for_long(case: &mut Case<'_>) -> Found {
    let Case { look, bounds, .. } = case;
    if look.met() != State::Open || look.snapshot.mode == Mode::ForcedOpen {
        return None;
    }
    let since = look.outage()?;
    let time = look.age(since);
    let text = || {
        let (name, time) = (look.name(), show(time));
        format!("circuit breaker `{name}` was last closed {time} ago and is open{}", story(look))
    };
    (time > bounds.open_for).then(|| (since, text()))
}

/// Why it is open, and what comes next.
fn story(look: &Look) -> String {
    let Snapshot { last_opening, last_error, remaining_open, .. } = &look.snapshot;
    let reason = last_opening.map(|reason| format!(": {reason}"));
    let error = last_error.as_ref().map(|error| format!(", last: {error}"));
    let next = remaining_open.map(|time| format!("; next probe in {}", show(time)));
    [reason, error, next].into_iter().flatten().collect()
}

fn half_open(case: &mut Case<'_>) -> Found {
    let Case { look, .. } = case;
    let text = || {
        let probes = match look.snapshot.config.success_threshold() {
            1 => "1 good probe".to_owned(),
            many => format!("{many} good probes"),
        };
        format!("circuit breaker `{}` is half-open: {probes} will close it", look.name())
    };
    (look.met() == State::HalfOpen).then(|| (look.since, text()))
}

/// The rates of a breaker say something where calls pass and are counted: elsewhere they are those of
/// another time.
fn counts(look: &Look) -> bool {
    look.met() == State::Closed && look.snapshot.mode != Mode::Disabled
}

fn error_rate(case: &mut Case<'_>) -> Found {
    let Case { look, bounds, trend } = case;
    let rate = look.snapshot.failure_rate.filter(|_| counts(look));
    let over = rate.filter(|rate| *rate > bounds.error_rate);
    let since = trend.standing(Condition::ErrorRate, look.now, over.is_some())?;
    let (name, rate, bound) = (look.name(), percent(over?), percent(bounds.error_rate));
    Some((since, format!("{rate} of the latest calls through `{name}` failed, over {bound}")))
}

fn slow_calls(case: &mut Case<'_>) -> Found {
    let Case { look, bounds, trend } = case;
    let (name, snapshot) = (look.name(), &look.snapshot);
    let bound = bounds.slow_call_rate.or(snapshot.config.slow_call_rate());
    let rate = snapshot.slow_call_rate.filter(|_| counts(look));
    let over = rate.filter(|rate| bound.is_some_and(|bound| *rate >= bound));
    let since = trend.standing(Condition::SlowCalls, look.now, over.is_some());
    if let (Some(rate), Some(slow), Some(since)) = (over, snapshot.config.slow_call(), since) {
        let (rate, slow) = (percent(rate), show(slow));
        let text = format!("{rate} of the latest calls through `{name}` took longer than {slow}");
        return Some((since, text));
    }
    let reason = snapshot.last_opening.filter(|_| snapshot.mode == Mode::Normal)?;
    let slow = matches!(reason, OpenReason::SlowCallRate { .. } | OpenReason::ProbeSlow);
    let since = look.outage().filter(|_| slow)?;
    Some((since, format!("circuit breaker `{name}` opened for slow calls: {reason}")))
}

fn response_time(case: &mut Case<'_>) -> Found {
    let Case { look, bounds, trend } = case;
    let longest = look.snapshot.response_times.map_or(Duration::ZERO, |times| times.max);
    // Marks are made whatever the state, so that an outage leaves no gap.
    let slowdown = trend.p95(look.now, &look.spread, longest, bounds.p95_period);
    let slowdown = slowdown.filter(|slowdown| counts(look) && slowdown.is_by(bounds.p95_factor));
    let since = trend.standing(Condition::ResponseTime, look.now, slowdown.is_some())?;
    let slowdown = slowdown?;
    let (name, lately, earlier) = (look.name(), show(slowdown.lately), show(slowdown.earlier));
    Some((since, format!("the p95 of calls through `{name}` is {lately}, and was {earlier}")))
}

fn transition(case: &mut Case<'_>) -> Found {
    changes(case, "became", |to, dry_run| to != State::Closed || dry_run)
}

fn recovery(case: &mut Case<'_>) -> Found {
    changes(case, "is", |to, dry_run| to == State::Closed && !dry_run)
}

/// The latest of the wanted changes of state, and how many there were.
fn changes(case: &Case<'_>, verb: &str, wanted: fn(State, bool) -> bool) -> Found {
    let Case { look, bounds, .. } = case;
    let mut count = 0;
    let mut latest: Option<(Tick, State, TransitionReason, bool)> = None;
    for (at, event) in look.recent(bounds.recent) {
        if let Event::Transition { to, reason, dry_run, .. } = event
            && wanted(*to, *dry_run)
        {
            count += 1;
            latest = Some((at, *to, *reason, *dry_run));
        }
    }
    let (at, to, reason, dry_run) = latest?;
    let verb = if dry_run { "would have become" } else { verb };
    let again = if to == State::Closed && !dry_run { " again" } else { "" };
    let times = times(count, bounds.recent);
    Some((at, format!("circuit breaker `{}` {verb} {to}{again}: {reason}{times}", look.name())))
}

fn config_changed(case: &mut Case<'_>) -> Found {
    let Case { look, bounds, .. } = case;
    let told = look.recent(bounds.recent).filter_map(|(at, event)| match event {
        Event::ConfigChanged { changes, .. } => Some((at, changes)),
        _ => None,
    });
    let (count, latest) = told.fold((0, None), |(count, _), found| (count + 1, Some(found)));
    let (at, changes) = latest?;
    let list: Vec<String> = changes
        .iter()
        .map(|change| format!("`{}` from {} to {}", change.setting, change.from, change.to))
        .collect();
    let (name, list, times) = (look.name(), list.join(", "), times(count, bounds.recent));
    Some((at, format!("settings of circuit breaker `{name}` were changed: {list}{times}")))
}

fn times(count: u32, within: Duration) -> String {
    if count > 1 {
        format!(" (the latest of {count} such changes in {})", show(within))
    } else {
        String::new()
    }
}
