//! The station's own HTTP server, with the management API in it.

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use cb_runtime::{
    CircuitError,
    admin::{self, Auth},
    registry,
};
use serde_json::{Value, json};

use crate::{
    database::DatabaseError,
    station::{Recording, Station, StationError},
};

/// Where `cbctl` finds the management API.
pub(crate) const MANAGEMENT: &str = "/api/circuit-breaker";

pub(crate) fn routes(station: &'static Station) -> Router {
    Router::new()
        .route("/recordings", post(record))
        .route("/sightings/{microphone}", get(sightings))
        .route("/station", get(overview))
        .with_state(station)
        .nest_service(MANAGEMENT, admin::router(registry(), Auth::loopback_only()))
}

async fn record(
    State(station): State<&'static Station>,
    Json(recording): Json<Recording>,
) -> Result<Response, StationError> {
    Ok(Json(station.process(recording).await?).into_response())
}

async fn sightings(
    State(station): State<&'static Station>,
    Path(microphone): Path<String>,
) -> Result<Response, StationError> {
    Ok(Json(station.database.sightings(&microphone).await?).into_response())
}

/// What who keeps the station wants to know first.
async fn overview(State(station): State<&'static Station>) -> Json<Value> {
    let health = registry().health();
    Json(json!({
        "verdict": health.verdict,
        "open": health.open_breakers,
        "read_only": station.is_read_only(),
        "batch": station.model.batch(),
        "waiting": {
            "sightings": station.database.later.len(),
            "reports": station.headquarters.later.len(),
        },
    }))
}

impl IntoResponse for StationError {
    fn into_response(self) -> Response {
        let Self::Database(DatabaseError::Circuit(why)) = &self else {
            return (StatusCode::BAD_GATEWAY, self.to_string()).into_response();
        };
        unavailable(why)
    }
}

/// What somebody is told who asked a browser, and when the browser may ask again.
fn unavailable(why: &CircuitError) -> Response {
    let text = (StatusCode::SERVICE_UNAVAILABLE, why.user_message());
    match why.retry_after() {
        Some(time) => ([(RETRY_AFTER, (time.as_secs() + 1).to_string())], text).into_response(),
        None => text.into_response(),
    }
}
