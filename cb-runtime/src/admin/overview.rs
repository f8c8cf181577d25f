//! `GET health`, `GET alerts` and `GET declarations`: how all of it is.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    Shared,
    answers::{Alerts, ConflictAnswer, DeclarationsAnswer, Place},
    body::Parameters,
    problem::Problem,
    thread::apart,
};
use crate::{
    observe::health::Health,
    registry::{Conflict, Conflicts, Declaration, declarations},
};

/// When health is to be answered with a failure.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Floor {
    /// Where the score is lower, from 0 to 1.
    #[param(minimum = 0, maximum = 1)]
    fail_under: Option<f64>,
}

#[utoipa::path(
    get, path = "/health", tag = "see", params(Floor),
    responses(
        (status = 200, description = "How all breakers are together.", body = Health),
        (status = 503, description = "The same, where the score is lower than `fail_under`.", body = Health),
    ),
)]
pub(super) async fn health(
    State(shared): State<Arc<Shared>>,
    Parameters(Floor { fail_under }): Parameters<Floor>,
) -> Result<Response, Problem> {
    if let Some(floor) = fail_under
        && !(0.0..=1.0).contains(&floor)
    {
        let bound = "from 0 to 1";
        return Err(Problem::bad_request(format!("`fail_under` must be {bound}, but is {floor}"))
            .with_field("fail_under")
            .with_bound(bound));
    }
    let health: Health = apart(move || shared.registry.health()).await?;
    let fails = fail_under.is_some_and(|floor| health.score < floor);
    let status = if fails { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    Ok((status, Json(health)).into_response())
}

#[utoipa::path(
    get, path = "/alerts", tag = "see",
    responses((status = 200, description = "What ought to be looked at.", body = Alerts)),
)]
pub(super) async fn alerts(State(shared): State<Arc<Shared>>) -> Result<Response, Problem> {
    apart(move || Json(Alerts { alerts: shared.registry.alerts() }).into_response()).await
}

#[utoipa::path(
    get, path = "/declarations", tag = "see",
    responses((status = 200, description = "What the program's attributes say.", body = DeclarationsAnswer)),
)]
pub(super) async fn all_declarations(
    State(shared): State<Arc<Shared>>,
) -> Result<Response, Problem> {
    apart(move || Json(declared(&shared)).into_response()).await
}

fn declared(shared: &Shared) -> DeclarationsAnswer {
    if !shared.registry.has_declarations() {
        return DeclarationsAnswer { declarations: Vec::new(), conflicts: Vec::new() };
    }
    let all = declarations();
    let conflicts = all.verify().err();
    let conflicts = conflicts.iter().flat_map(Conflicts::iter).map(ConflictAnswer::of).collect();
    DeclarationsAnswer { declarations: all.into_iter().collect(), conflicts }
}

impl ConflictAnswer {
    fn of(conflict: &Conflict) -> Self {
        Self {
            name: conflict.kept().name(),
            setting: conflict.setting(),
            kept: Place::of(conflict.kept()),
            ignored: Place::of(conflict.ignored()),
            text: conflict.to_string(),
        }
    }
}

impl Place {
    fn of(function: &Declaration) -> Self {
        Self { function: function.function(), file: function.file(), line: function.line() }
    }
}
