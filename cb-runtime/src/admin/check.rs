//! `POST test-service`: a service's health check, run outside its breaker.

use std::{
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Extension, Json as Answer,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use futures_util::FutureExt as _;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    Shared,
    answers::{Iteration, Tested},
    audit,
    body::Json,
    find::{Found, find},
    guard::Sender,
    problem::{self, Problem},
};
use crate::{
    config::{HealthCheck, quoted},
    error::show,
    observe::{operation::Scope, text},
};

/// So often a check is run at the most.
const MOST: u32 = 100;

/// No run may take longer, whatever the breaker allows its own.
const LONGEST: Duration = Duration::from_secs(10);

/// All runs together. Those that would begin after it fail.
const ALTOGETHER: Duration = Duration::from_secs(60);

/// What is to be tested.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "service_name": "db", "test_type": "health", "iterations": 3 }))]
#[allow(clippy::struct_field_names, reason = "they are the names on the wire")]
pub(super) struct Test {
    /// The breaker whose service it is.
    service_name: String,
    /// The key of one of its breakers.
    key: Option<String>,
    /// How: by its declared health check.
    #[serde(default)]
    test_type: TestType,
    /// How often, from 1 to 100.
    #[serde(default = "once")]
    #[schema(minimum = 1, maximum = 100)]
    iterations: u32,
    /// Why, for the log.
    reason: Option<String>,
}

fn once() -> u32 {
    1
}

/// How a service is tested.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum TestType {
    /// By its declared health check.
    #[default]
    Health,
}

#[utoipa::path(
    post, path = "/test-service", tag = "steer", request_body = Test,
    responses(
        (status = 200, description = "How each run went.", body = Tested),
        (status = 409, description = "The breaker has no health check.", body = problem::Body, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn test_service(
    State(shared): State<Arc<Shared>>,
    Extension(sender): Extension<Sender>,
    Json(test): Json<Test>,
) -> Result<Response, Problem> {
    let Test { service_name, key, test_type: TestType::Health, iterations, reason } = test;
    if !(1..=MOST).contains(&iterations) {
        let bound = format!("from 1 to {MOST}");
        let detail = format!("nothing was done: `iterations` must be {bound}, but is {iterations}");
        return Err(Problem::unfit("iterations", &bound, detail));
    }
    let (name, config) = match find(&shared.registry, &service_name, key.as_deref())? {
        Found::One(breaker) => (breaker.name().to_owned(), breaker.config()),
        // A check is the same for all keys.
        Found::Keyed(_) => {
            let config = shared.registry.family_config(&service_name).unwrap_or_default();
            (service_name, config)
        }
    };
    let Some(check) = config.health_check() else {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            format!(
                "circuit breaker {} has no health check: declare one with `health_check = ping` in its attribute, where `ping` is an `async fn() -> Result<(), E>`, or give it one with `HealthCheck::from_fn` and `CircuitBreaker::reconfigure`",
                quoted(&name)
            ),
        ));
    };
    let request = audit::Request::new(sender, reason);
    request.log(
        "test",
        Scope::Instance,
        std::slice::from_ref(&name),
        &format!(", {iterations} times"),
    );
    let iterations = run(check, iterations, config.probe_timeout().min(LONGEST)).await;
    let passed = iterations.iter().filter(|one| one.ok).count();
    let failed = iterations.len() - passed;
    let healthy = failed == 0;
    Ok(Answer(Tested { service_name: name, healthy, iterations, passed, failed }).into_response())
}

async fn run(check: HealthCheck, times: u32, within: Duration) -> Vec<Iteration> {
    let (mut iterations, end) = (Vec::new(), Instant::now() + ALTOGETHER);
    for _ in 0..times {
        let start = Instant::now();
        let within = within.min(end.saturating_duration_since(start));
        let error = if within.is_zero() {
            let all = ALTOGETHER.as_secs();
            Some(format!("not run: the runs before it took {all} seconds").into())
        } else {
            once_within(check, within).await.err()
        };
        let seconds = start.elapsed().as_secs_f64();
        let error = error.map(|error: Box<str>| error.into_string());
        iterations.push(Iteration { ok: error.is_none(), seconds, error });
    }
    iterations
}

/// Runs the check, which is the program's own and may do anything.
async fn once_within(check: HealthCheck, within: Duration) -> Result<(), Box<str>> {
    // It is begun in there too: what makes the future may panic as well.
    let contained = AssertUnwindSafe(async move { check.run().await }).catch_unwind();
    match tokio::time::timeout(within, contained).await {
        Ok(Ok(found)) => found.map_err(|error| text::cut(&error)),
        Ok(Err(_)) => Err("the health check panicked".into()),
        Err(_) => Err(format!("the health check took longer than {}", show(within)).into()),
    }
}
