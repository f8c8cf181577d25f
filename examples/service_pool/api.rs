//! The pool over HTTP: a route for each kind of service, and the program's health.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use cb_runtime::{Snapshot, Verdict, registry};
use serde::Serialize;
use tokio::net::TcpListener;

use crate::pool::{ServiceError, ServicePool};

type Pool = State<Arc<ServicePool>>;
type Answer = Result<String, ServiceError>;

/// Serves until the program ends.
pub(crate) async fn serve(pool: Arc<ServicePool>, listener: TcpListener) -> std::io::Result<()> {
    let routes = Router::new()
        .route("/health", get(health))
        .route("/answers", post(answer))
        .route("/customers/{id}", get(customer))
        .route("/agents/{name}", post(delegate))
        .route("/apis/{name}/{what}", get(fetch))
        .with_state(pool);
    axum::serve(listener, routes).await
}

async fn answer(State(pool): Pool, prompt: String) -> Answer {
    pool.answer(&prompt).await
}

async fn customer(State(pool): Pool, Path(id): Path<String>) -> Result<Response, ServiceError> {
    Ok(match pool.customer(&id).await? {
        Some(name) => name.into_response(),
        None => (StatusCode::NOT_FOUND, "there is no such customer").into_response(),
    })
}

async fn delegate(State(pool): Pool, Path(name): Path<String>, task: String) -> Answer {
    pool.delegate(&name, &task).await
}

async fn fetch(State(pool): Pool, Path((name, what)): Path<(String, String)>) -> Answer {
    pool.fetch(&name, &what).await
}

/// For balancers, by its status, and for people.
async fn health() -> (StatusCode, Json<Report>) {
    let report = Report::now();
    let status = match report.verdict {
        Verdict::Failed => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::OK,
    };
    (status, Json(report))
}

/// How the program is, with all of its breakers.
#[derive(Serialize)]
pub(crate) struct Report {
    pub(crate) verdict: Verdict,
    pub(crate) score: f64,
    pub(crate) breakers: BTreeMap<String, Line>,
}

/// How a service is.
#[derive(Serialize)]
pub(crate) struct Line {
    pub(crate) state: String,
    /// In a row, and how many open it.
    pub(crate) failures: (u32, u32),
    /// Seconds for which it stays open.
    pub(crate) recovery_timeout: u64,
    /// Seconds until it is tried again.
    pub(crate) retry_in: Option<u64>,
    pub(crate) last_error: Option<String>,
}

impl Report {
    pub(crate) fn now() -> Self {
        let health = registry().health();
        let breakers = registry().snapshot().into_iter();
        Self {
            verdict: health.verdict,
            score: health.score,
            breakers: breakers.map(|one| (one.name.clone(), Line::of(one))).collect(),
        }
    }
}

impl Line {
    fn of(breaker: Snapshot) -> Self {
        Self {
            state: breaker.state.to_string(),
            failures: (breaker.consecutive_failures, breaker.config.failure_threshold()),
            recovery_timeout: breaker.config.recovery_timeout().as_secs(),
            retry_in: breaker.remaining_open.map(|left| left.as_secs() + 1),
            last_error: breaker.last_error,
        }
    }
}

impl IntoResponse for ServiceError {
    fn into_response(self) -> Response {
        match self {
            Self::Unknown { .. } => (StatusCode::NOT_FOUND, self.to_string()).into_response(),
            Self::Unavailable(why) => {
                let seconds = why.retry_after().map(|left| left.as_secs() + 1);
                let header = seconds.map(|seconds| [(RETRY_AFTER, seconds.to_string())]);
                (StatusCode::SERVICE_UNAVAILABLE, header, why.user_message()).into_response()
            }
            failure => (StatusCode::BAD_GATEWAY, failure.to_string()).into_response(),
        }
    }
}
