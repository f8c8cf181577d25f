//! Changes: resets, modes and settings.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Json as Answer,
    extract::State,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Deserializer, de};
use utoipa::{IntoParams, ToSchema};

use super::{
    Shared,
    answers::{Details, Done, Row},
    audit,
    body::{Json, JsonText, Named, OptionalJson, Parameters},
    find::{Found, find, find_one, unknown_type},
    guard::Sender,
    problem::Problem,
    schemas::{self, NAME, SettingsChange},
    status::{self, OfKey},
    thread::apart,
};
use crate::{
    breaker::{CircuitBreaker, Mode},
    config::{read_change, shown},
    observe::event::Action,
};

/// Why something is done.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Reason {
    /// For the history and the log; the first 200 characters are kept.
    reason: Option<String>,
}

/// A mode that a breaker is to take on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ModeChange {
    /// The mode.
    #[serde(deserialize_with = "mode")]
    mode: Mode,
    /// After which time it is to end by itself, such as `10m`; not of the normal mode.
    #[serde(default, rename = "for", deserialize_with = "lasts")]
    #[schema(schema_with = schemas::optional_duration)]
    lasts: Option<Duration>,
    /// Why, for the history and the log; the first 200 characters are kept.
    reason: Option<String>,
}

fn mode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Mode, D::Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Known {
        Normal,
        ForcedOpen,
        Disabled,
        MetricsOnly,
    }
    Known::deserialize(deserializer).map(|known| match known {
        Known::Normal => Mode::Normal,
        Known::ForcedOpen => Mode::ForcedOpen,
        Known::Disabled => Mode::Disabled,
        Known::MetricsOnly => Mode::MetricsOnly,
    })
}

fn lasts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    match humantime::parse_duration(&text) {
        Ok(Duration::ZERO) => Err(de::Error::custom("a time longer than zero, such as `10m`")),
        Ok(lasts) => Ok(Some(lasts)),
        Err(error) => Err(de::Error::custom(format!("a time, such as `10m` or `1h 30m`: {error}"))),
    }
}

/// Of which breaker, and why.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct OfKeyWithReason {
    key: Option<String>,
    reason: Option<String>,
}

#[utoipa::path(
    post, path = "/reset/{name}", tag = "steer",
    params(("name" = String, Path, description = NAME), OfKey),
    request_body = Option<Reason>,
    responses((status = 200, description = "It was reset; of a keyed name, the breakers of all keys.", body = Done)),
)]
pub(super) async fn reset(
    State(shared): State<Arc<Shared>>,
    Extension(sender): Extension<Sender>,
    Named(name): Named,
    Parameters(of): Parameters<OfKey>,
    OptionalJson(why): OptionalJson<Reason>,
) -> Result<Response, Problem> {
    apart(move || {
        let breakers = match find(&shared.registry, &name, of.key.as_deref())? {
            Found::One(breaker) => vec![breaker],
            Found::Keyed(all) => all,
        };
        Ok(reset_these(&breakers, sender, why))
    })
    .await?
}

#[utoipa::path(
    post, path = "/reset-all", tag = "steer", request_body = Option<Reason>,
    responses((status = 200, description = "All breakers were reset.", body = Done)),
)]
pub(super) async fn reset_all(
    State(shared): State<Arc<Shared>>,
    Extension(sender): Extension<Sender>,
    OptionalJson(why): OptionalJson<Reason>,
) -> Result<Response, Problem> {
    apart(move || {
        let breakers: Vec<CircuitBreaker> = shared.registry.iter().collect();
        reset_these(&breakers, sender, why)
    })
    .await
}

#[utoipa::path(
    post, path = "/reset-by-type/{service_type}", tag = "steer",
    params(("service_type" = String, Path, description = "The service type, percent-encoded.")),
    request_body = Option<Reason>,
    responses((status = 200, description = "All breakers of the service type were reset.", body = Done)),
)]
pub(super) async fn reset_by_type(
    State(shared): State<Arc<Shared>>,
    Extension(sender): Extension<Sender>,
    Named(service_type): Named,
    OptionalJson(why): OptionalJson<Reason>,
) -> Result<Response, Problem> {
    apart(move || {
        let breakers: Vec<CircuitBreaker> =
            shared.registry.by_service_type(&service_type).collect();
        if breakers.is_empty() {
            return Err(unknown_type(&shared.registry, &service_type));
        }
        Ok(reset_these(&breakers, sender, why))
    })
    .await?
}

fn reset_these(breakers: &[CircuitBreaker], sender: Sender, why: Reason) -> Response {
    let request = audit::Request::new(sender, why.reason);
    let names = names(breakers);
    request.log("reset", &names, "");
    for breaker in breakers {
        breaker.0.reset_for(request.operation(Action::Reset));
    }
    Answer(Done { action: "reset", breakers: names }).into_response()
}

fn names(breakers: &[CircuitBreaker]) -> Vec<String> {
    breakers.iter().map(|breaker| breaker.name().to_owned()).collect()
}

#[utoipa::path(
    post, path = "/mode/{name}", tag = "steer",
    params(("name" = String, Path, description = NAME), OfKey),
    request_body = ModeChange,
    responses((status = 200, description = "The breaker in its new mode.", body = Row)),
)]
pub(super) async fn set_mode(
    State(shared): State<Arc<Shared>>,
    Extension(sender): Extension<Sender>,
    Named(name): Named,
    Parameters(of): Parameters<OfKey>,
    Json(change): Json<ModeChange>,
) -> Result<Response, Problem> {
    let ModeChange { mode, lasts, reason } = change;
    if mode == Mode::Normal && lasts.is_some() {
        return Err(Problem::unfit(
            "for",
            "left out with the normal mode",
            "nothing was done: the normal mode does not end, so leave `for` out",
        ));
    }
    let breaker = find_one(&shared.registry, &name, of.key.as_deref())?;
    let request = audit::Request::new(sender, reason);
    let time = lasts
        .map_or_else(String::new, |lasts| format!(" for {}", humantime::format_duration(lasts)));
    let one = std::slice::from_ref(&breaker);
    request.log("mode", &names(one), &format!(" to {mode}{time}"));
    breaker.0.set_mode_for(request.operation(Action::Mode), mode, lasts);
    Ok(Answer(status::row(&breaker)).into_response())
}

#[utoipa::path(
    put, path = "/config/{name}", tag = "steer",
    params(("name" = String, Path, description = NAME), OfKeyWithReason),
    request_body(content = SettingsChange, description = "Settings as in a configuration file; those that are not given stay, and `null` takes back what was changed while the program ran."),
    responses((status = 200, description = "The breaker with all of its settings.", body = Details)),
)]
pub(super) async fn configure(
    State(shared): State<Arc<Shared>>,
    Extension(sender): Extension<Sender>,
    Named(name): Named,
    Parameters(of): Parameters<OfKeyWithReason>,
    JsonText(text): JsonText,
) -> Result<Response, Problem> {
    apart(move || {
        let breaker = find_one(&shared.registry, &name, of.key.as_deref())?;
        let (settings, back) = read_change(&text).map_err(|wrong| Problem::of_settings(&wrong))?;
        let request = audit::Request::new(sender, of.reason);
        let operation = request.operation(Action::Config);
        shared.registry.reconfigure(&breaker, operation, settings, &back)?;
        let given = settings.given().into_iter();
        let given = given.map(|(name, value)| format!("`{name}` to {value}"));
        let back = back.iter().map(|name| format!("`{name}` taken back"));
        let details = format!(": {}", shown(&given.chain(back).collect::<Vec<_>>().join(", ")));
        request.log("config", &names(std::slice::from_ref(&breaker)), &details);
        Ok(Answer(status::answer(&shared, &name, Found::One(breaker))).into_response())
    })
    .await?
}
