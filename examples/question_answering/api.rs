//! What people and machines see of it.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use cb_runtime::{
    CircuitError, Verdict,
    admin::{self, Auth},
    registry,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    engine::{Answer, Engine, EngineError},
    library::LibraryError,
    llm::LlmError,
};

pub(crate) const MANAGEMENT: &str = "/api/circuit-breaker";

pub(crate) fn routes(engine: Arc<Engine>) -> Router {
    Router::new()
        .route("/ask", post(ask))
        .route("/health", get(health))
        .with_state(engine)
        .nest_service(MANAGEMENT, admin::router(registry(), Auth::loopback_only()))
}

#[derive(Deserialize)]
struct Asked {
    question: String,
}

async fn ask(
    State(engine): State<Arc<Engine>>,
    Json(asked): Json<Asked>,
) -> Result<Json<Answer>, EngineError> {
    Ok(Json(engine.ask(&asked.question).await?))
}

/// For a load balancer, which reads the status, and for people, who read what is open and for how long.
async fn health() -> (StatusCode, Json<Value>) {
    let health = registry().health();
    let open: Vec<Value> = registry()
        .iter()
        .map(|breaker| breaker.snapshot())
        .filter(|breaker| health.open_breakers.iter().any(|name| *name == *breaker.name))
        .map(|breaker| {
            let seconds = breaker.remaining_open.map(|left| left.as_secs_f64());
            json!({ "name": breaker.name, "next_try_in": seconds, "error": breaker.last_error })
        })
        .collect();
    let status = match health.verdict {
        Verdict::Failed => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::OK,
    };
    let body = json!({ "verdict": health.verdict, "score": health.score, "open_breakers": open });
    (status, Json(body))
}

impl EngineError {
    /// What the person reads who has asked: what it means for them, and what they can do.
    pub(crate) fn user_message(&self) -> &'static str {
        match self {
            Self::Unknown => "We have found nothing on this. Could you ask in other words?",
            Self::Llm(LlmError::Refused) => "We do not answer such questions.",
            // What the breaker itself says to people.
            Self::Llm(LlmError::Circuit(why)) | Self::Library(LibraryError::Circuit(why)) => {
                why.user_message()
            }
            Self::Llm(_) | Self::Library(_) => {
                "Something went wrong on our side. Please try again in a few moments."
            }
        }
    }

    fn circuit(&self) -> Option<&CircuitError> {
        match self {
            Self::Llm(LlmError::Circuit(why)) | Self::Library(LibraryError::Circuit(why)) => {
                Some(why)
            }
            _ => None,
        }
    }
}

impl IntoResponse for EngineError {
    fn into_response(self) -> Response {
        let status = match self {
            Self::Unknown => StatusCode::NOT_FOUND,
            Self::Llm(LlmError::Refused) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Llm(_) | Self::Library(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        let answer = (status, Json(json!({ "message": self.user_message() })));
        match self.circuit().and_then(CircuitError::retry_after) {
            Some(time) => {
                ([(RETRY_AFTER, (time.as_secs() + 1).to_string())], answer).into_response()
            }
            None => answer.into_response(),
        }
    }
}
