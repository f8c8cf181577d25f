//! `GET status`: all breakers, and one.

use std::{sync::Arc, time::SystemTime};

use axum::{
    Json,
    extract::State as Shares,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    Shared,
    answers::{Details, KeyedDetails, Named as Answer, Row, Status, Summary, TIMELINE},
    body::{Named, Parameters},
    find::{Found, find},
    problem::Problem,
    schemas::NAME,
    thread::apart,
};
use crate::{
    breaker::{CircuitBreaker, Mode, State},
    observe::look::{Look, met},
};

/// The most rows of one answer.
const MOST: usize = 10_000;

/// The most rows of a keyed name's answer.
const MOST_KEYS: usize = 1_000;

/// Which breakers are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Filter {
    /// Those of this service type.
    service_type: Option<String>,
    /// Those in this state or mode.
    #[param(inline)]
    state: Option<Wanted>,
    /// No more than so many, from 1 to 10 000.
    #[param(minimum = 1, maximum = 10000)]
    limit: Option<usize>,
    /// Those behind this name.
    after: Option<String>,
}

/// A state or a mode.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Wanted {
    Closed,
    Open,
    HalfOpen,
    ForcedOpen,
    Disabled,
    MetricsOnly,
}

impl Wanted {
    fn is(self, state: State, mode: Mode) -> bool {
        match self {
            Self::Closed => state == State::Closed,
            Self::Open => state == State::Open,
            Self::HalfOpen => state == State::HalfOpen,
            Self::ForcedOpen => mode == Mode::ForcedOpen,
            Self::Disabled => mode == Mode::Disabled,
            Self::MetricsOnly => mode == Mode::MetricsOnly,
        }
    }
}

/// Which of a keyed name's breakers is meant.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct OfKey {
    /// The key.
    pub(super) key: Option<String>,
}

#[utoipa::path(
    get, path = "/status", tag = "see", params(Filter),
    responses((status = 200, description = "The breakers.", body = Status)),
)]
pub(super) async fn all(
    Shares(shared): Shares<Arc<Shared>>,
    Parameters(filter): Parameters<Filter>,
) -> Result<Response, Problem> {
    let limit = filter.limit.unwrap_or(MOST);
    if !(1..=MOST).contains(&limit) {
        let bound = format!("from 1 to {MOST}");
        return Err(Problem::bad_request(format!("`limit` must be {bound}, but is {limit}"))
            .with_field("limit")
            .with_bound(bound));
    }
    apart(move || Json(status(&shared, &filter, limit)).into_response()).await
}

fn status(shared: &Shared, filter: &Filter, limit: usize) -> Status {
    let breakers: Vec<CircuitBreaker> = shared.registry.iter().collect();
    let looks: Vec<Look> = breakers.iter().map(|breaker| breaker.0.look(TIMELINE)).collect();
    let health = shared.registry.health_of(&looks);
    let mut summary = Summary::default();
    for look in &looks {
        let group = match met(look.snapshot.state, look.snapshot.mode) {
            State::Open => &mut summary.failed,
            State::HalfOpen => &mut summary.degraded,
            State::Closed if look.sheds => &mut summary.degraded,
            State::Closed => &mut summary.healthy,
        };
        *group += 1;
    }
    let wanted = |look: &Look| {
        let snapshot = &look.snapshot;
        let is_of_type = |wanted: &String| snapshot.service_type.as_ref() == Some(wanted);
        filter.service_type.as_ref().is_none_or(is_of_type)
            && filter.state.is_none_or(|wanted| wanted.is(snapshot.state, snapshot.mode))
    };
    let matching: Vec<Look> = looks.into_iter().filter(wanted).collect();
    let count = matching.len();
    let behind = |look: &Look| {
        filter.after.as_ref().is_none_or(|after| look.snapshot.name.as_str() > after.as_str())
    };
    let mut rest = matching.into_iter().filter(behind).map(|look| Row::of(look).0);
    let rows: Vec<Row> = rest.by_ref().take(limit).collect();
    let next = rest.next().and(rows.last()).map(|last| last.name.clone());
    Status {
        at: SystemTime::now(),
        instance: Arc::clone(&shared.instance),
        started: shared.started,
        verdict: health.verdict,
        score: health.score,
        store: shared.registry.store(),
        summary,
        totals: health.breakers,
        matching: count,
        breakers: rows,
        next,
    }
}

#[utoipa::path(
    get, path = "/status/{name}", tag = "see",
    params(("name" = String, Path, description = NAME), OfKey),
    responses((status = 200, description = "The breaker, or the breakers of each key.", body = Answer)),
)]
pub(super) async fn one(
    Shares(shared): Shares<Arc<Shared>>,
    Named(name): Named,
    Parameters(of): Parameters<OfKey>,
) -> Result<Response, Problem> {
    apart(move || {
        let found = find(&shared.registry, &name, of.key.as_deref())?;
        Ok(Json(answer(&shared, &name, found)).into_response())
    })
    .await?
}

/// All that is known of what bears a name.
pub(super) fn answer(shared: &Shared, name: &str, found: Found) -> Answer {
    match found {
        Found::One(breaker) => Answer::One(Box::new(details(shared, &breaker))),
        Found::Keyed(all) => {
            let (settings, calls) = explained(shared, name);
            let config = shared.registry.family_config(name).unwrap_or_default();
            let total_keys = all.len();
            let row = |breaker: &CircuitBreaker| Row::of(breaker.0.look(TIMELINE)).0;
            Answer::Keyed(Box::new(KeyedDetails {
                name: name.to_owned(),
                keyed: true,
                config,
                settings,
                calls,
                functions: shared.registry.functions(name),
                keys: all.iter().take(MOST_KEYS).map(row).collect(),
                total_keys,
            }))
        }
    }
}

type Explained = (Vec<crate::ExplainedSetting>, Vec<crate::ExplainedCalls>);

fn explained(shared: &Shared, name: &str) -> Explained {
    let found = shared.registry.explain(name);
    found.map(|found| (found.settings, found.calls)).unwrap_or_default()
}

fn details(shared: &Shared, breaker: &CircuitBreaker) -> Details {
    let name = breaker.0.name();
    let of_all = name.parent_and_key().map_or(name.as_str(), |(parent, _)| parent);
    let (row, config) = Row::of(breaker.0.look(TIMELINE));
    let (settings, calls) = explained(shared, name);
    Details {
        row,
        config,
        settings,
        calls,
        history: breaker.history(),
        functions: shared.registry.functions(of_all),
    }
}

/// One breaker's row.
pub(super) fn row(breaker: &CircuitBreaker) -> Row {
    Row::of(breaker.0.look(TIMELINE)).0
}
