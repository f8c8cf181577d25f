//! Changes: resets, modes and settings.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Json as Answer,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt as _, stream};
use serde::{Deserialize, Deserializer};
use utoipa::{IntoParams, ToSchema};

use super::{
    Shared,
    answers::{Details, Done, Row},
    audit,
    body::{Json, JsonText, Named, OptionalJson, Parameters, is_object},
    find::{Found, find, find_one, unknown_type},
    guard::Sender,
    problem::Problem,
    schemas::{self, NAME, SettingsChange},
    scope::{Order, Reach, lasts, lasts_in_query, order, reachable, scope},
    status::{self, OfKey},
    thread::apart,
};
use crate::{
    breaker::{CircuitBreaker, Mode},
    config::{read_change, shown},
    observe::operation::{Action, Scope},
    registry::Registry,
};

/// So many are reset at once where it is in all instances.
const AT_ONCE: usize = 16;

/// How something is reset.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "reason": "the disk is back" }))]
pub(super) struct Reset {
    /// For the history and the log; the first 200 characters are kept.
    reason: Option<String>,
    /// In which instances of the program.
    #[serde(default, deserialize_with = "scope")]
    scope: Scope,
    /// With the scope `cluster`: for how long an instance that is away does it when it is back, at most 30
    /// days; 10 minutes unless told otherwise.
    #[serde(default, rename = "for", deserialize_with = "lasts")]
    #[schema(schema_with = schemas::optional_duration)]
    lasts: Option<Duration>,
}

/// A mode that a breaker is to take on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ModeChange {
    /// The mode.
    #[serde(deserialize_with = "mode")]
    mode: Mode,
    /// In which instances of the program.
    #[serde(default, deserialize_with = "scope")]
    scope: Scope,
    /// After which time it is to end by itself, such as `10m`; not of the normal mode. Needed with the scope
    /// `cluster`, and then at most 30 days.
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

/// Of which breaker, in which instances, and why.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct OfChange {
    key: Option<String>,
    /// For the history and the log.
    reason: Option<String>,
    /// In which instances of the program.
    #[serde(default, deserialize_with = "scope")]
    #[param(inline)]
    scope: Scope,
    /// With the scope `cluster`: after which time the change is taken back, such as `10m`; at most 30 days.
    /// It may be left out where no settings are given, which takes back what was changed for all before.
    #[serde(rename = "for")]
    #[param(schema_with = schemas::duration)]
    lasts: Option<String>,
}

#[utoipa::path(
    post, path = "/reset/{name}", tag = "steer",
    params(("name" = String, Path, description = NAME), OfKey),
    request_body = Option<Reset>,
    responses((status = 200, description = "It was reset; of a keyed name, the breakers of all keys that there are here.", body = Done)),
)]
pub(super) async fn reset(
    State(shared): State<Arc<Shared>>,
    Extension(sender): Extension<Sender>,
    Named(name): Named,
    Parameters(of): Parameters<OfKey>,
    OptionalJson(how): OptionalJson<Reset>,
) -> Result<Response, Problem> {
    let registry = shared.registry.clone();
    let found = apart(move || find(&registry, &name, of.key.as_deref())).await??;
    let breakers = match found {
        Found::One(breaker) => vec![breaker],
        Found::Keyed(all) => all,
    };
    reset_these(&shared, breakers, sender, how).await
}

#[utoipa::path(
    post, path = "/reset-all", tag = "steer", request_body = Option<Reset>,
    responses((status = 200, description = "All breakers that there are here were reset.", body = Done)),
)]
pub(super) async fn reset_all(
    State(shared): State<Arc<Shared>>,
    Extension(sender): Extension<Sender>,
    OptionalJson(how): OptionalJson<Reset>,
) -> Result<Response, Problem> {
    let registry = shared.registry.clone();
    let breakers = apart(move || registry.iter().collect()).await?;
    reset_these(&shared, breakers, sender, how).await
}

#[utoipa::path(
    post, path = "/reset-by-type/{service_type}", tag = "steer",
    params(("service_type" = String, Path, description = "The service type, percent-encoded.")),
    request_body = Option<Reset>,
    responses((status = 200, description = "All breakers of the service type were reset.", body = Done)),
)]
pub(super) async fn reset_by_type(
    State(shared): State<Arc<Shared>>,
    Extension(sender): Extension<Sender>,
    Named(service_type): Named,
    OptionalJson(how): OptionalJson<Reset>,
) -> Result<Response, Problem> {
    let registry = shared.registry.clone();
    let breakers = apart(move || {
        let breakers: Vec<CircuitBreaker> = registry.by_service_type(&service_type).collect();
        if breakers.is_empty() {
            return Err(unknown_type(&registry, &service_type));
        }
        Ok(breakers)
    })
    .await??;
    reset_these(&shared, breakers, sender, how).await
}

async fn reset_these(
    shared: &Shared,
    breakers: Vec<CircuitBreaker>,
    sender: Sender,
    how: Reset,
) -> Result<Response, Problem> {
    let reach = Reach::of_reset(how.scope, how.lasts)?;
    let request = audit::Request::new(sender, how.reason);
    let names = names(&breakers);
    if let Reach::Everywhere(lasts) = reach {
        reset_everywhere(&shared.registry, &breakers, lasts, &request).await?;
        request.log("reset", reach.scope(), &names, "");
    } else {
        request.log("reset", reach.scope(), &names, "");
        let operation = request.operation(Action::Reset, reach.scope());
        apart(move || breakers.iter().for_each(|breaker| breaker.0.reset_for(operation.clone())))
            .await?;
    }
    Ok(Answer(Done { action: "reset", scope: reach.scope(), breakers: names }).into_response())
}

/// Resets each in all instances, several at a time. There is no doing that to many at once: where the store
/// goes away meanwhile, some are and some are not.
async fn reset_everywhere(
    registry: &Registry,
    breakers: &[CircuitBreaker],
    lasts: Duration,
    request: &audit::Request,
) -> Result<(), Problem> {
    reachable(registry)?;
    let mut done = Vec::new();
    let mut resets = stream::iter(breakers.to_vec())
        .map(|breaker| {
            let registry = registry.clone();
            async move {
                let reset = order(&registry, breaker.name(), Order::Reset, lasts).await;
                reset.map(|()| breaker)
            }
        })
        .buffer_unordered(AT_ONCE);
    let mut failed = None;
    while let Some(reset) = resets.next().await {
        match reset {
            Ok(breaker) => {
                breaker.0.tell_operated(request.operation(Action::Reset, Scope::Cluster));
                done.push(breaker.name().to_owned());
            }
            Err(problem) => failed = failed.or(Some(problem)),
        }
        if failed.is_some() {
            break;
        }
    }
    let Some(problem) = failed else { return Ok(()) };
    if done.is_empty() {
        return Err(problem);
    }
    request.log("reset", Scope::Cluster, &done, "");
    let detail = format!(
        "at least {} of {} breakers were reset in all instances before this, and to reset them again does no harm: {}",
        done.len(),
        breakers.len(),
        problem.detail()
    );
    Err(Problem::new(problem.status(), detail))
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
    let ModeChange { mode, scope, lasts, reason } = change;
    let breaker = find_one(&shared.registry, &name, of.key.as_deref())?;
    let in_force = breaker.snapshot().shared.and_then(|shared| shared.mode);
    let in_force = in_force.map(|mode| mode.remaining);
    let reach = Reach::of_mode(scope, mode, lasts, in_force)?;
    let request = audit::Request::new(sender, reason);
    let operation = request.operation(Action::Mode, scope);
    let time = lasts
        .map_or_else(String::new, |lasts| format!(" for {}", humantime::format_duration(lasts)));
    let log = |breaker: &CircuitBreaker| {
        let one = std::slice::from_ref(breaker);
        request.log("mode", scope, &names(one), &format!(" to {mode}{time}"));
    };
    if let Reach::Everywhere(lasts) = reach {
        order(&shared.registry, breaker.name(), Order::Mode(mode), lasts).await?;
        log(&breaker);
        breaker.0.tell_operated(operation);
    } else {
        log(&breaker);
        breaker.0.set_mode_for(operation, mode, lasts);
    }
    Ok(Answer(status::row(&breaker)).into_response())
}

#[utoipa::path(
    put, path = "/config/{name}", tag = "steer",
    params(("name" = String, Path, description = NAME), OfChange),
    request_body(content = SettingsChange, description = "Settings as in a configuration file; those that are not given stay, and `null` takes back what was changed while the program ran."),
    responses((status = 200, description = "The breaker with all of its settings.", body = Details)),
)]
pub(super) async fn configure(
    State(shared): State<Arc<Shared>>,
    Extension(sender): Extension<Sender>,
    Named(name): Named,
    Parameters(of): Parameters<OfChange>,
    JsonText(text): JsonText,
) -> Result<Response, Problem> {
    let registry = shared.registry.clone();
    let (of_name, key) = (name.clone(), of.key);
    let breaker = apart(move || find_one(&registry, &of_name, key.as_deref())).await??;
    if !is_object(&text) {
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "nothing was changed: the body is to be an object of settings, such as `{ \"failure_threshold\": 3 }`",
        ));
    }
    let (settings, back) = read_change(&text).map_err(|wrong| Problem::of_settings(&wrong))?;
    if let (Scope::Cluster, Some(setting)) = (of.scope, back.first()) {
        return Err(Problem::unfit(
            setting,
            "a value",
            "in all instances settings are taken back together, by a change to `{}`; `null` takes back what was changed in one",
        ));
    }
    let given = settings.given();
    let lasts = lasts_in_query(of.lasts.as_deref())?;
    let in_force = breaker.snapshot().shared.and_then(|shared| shared.settings);
    let in_force = in_force.map(|settings| settings.remaining);
    let reach = Reach::of_config(of.scope, given.is_empty() && back.is_empty(), lasts, in_force)?;
    let request = audit::Request::new(sender, of.reason);
    let operation = request.operation(Action::Config, of.scope);
    if let Reach::Everywhere(lasts) = reach {
        // What cannot be in force here is not told to the others either.
        settings.or(breaker.config().to_builder()).build()?;
        order(&shared.registry, breaker.name(), Order::Config(&text), lasts).await?;
        breaker.0.tell_operated(operation);
    } else {
        shared.registry.reconfigure(&breaker, operation, settings, &back)?;
    }
    let given = given.into_iter().map(|(name, value)| format!("`{name}` to {value}"));
    let back = back.iter().map(|name| format!("`{name}` taken back"));
    let given: Vec<String> = given.chain(back).collect();
    let time = of.lasts.map_or_else(String::new, |lasts| format!(" for {}", shown(&lasts)));
    let details = format!("{time}: {}", shown(&given.join(", ")));
    request.log("config", of.scope, &names(std::slice::from_ref(&breaker)), &details);
    apart(move || Answer(status::answer(&shared, &name, Found::One(breaker))).into_response()).await
}
