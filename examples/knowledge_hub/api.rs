//! The hub over HTTP, with the management API beside its own routes.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use axum::{
    Json, Router,
    extract::{Query, State},
    http::{StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use cb_runtime::{
    admin::{self, Auth},
    registry,
};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use crate::hub::{Added, Found, Hub, HubError};

/// Where the management API is.
pub(crate) const MANAGEMENT: &str = "/api/circuit-breaker";

/// Serves until the program ends.
pub(crate) async fn serve(hub: Arc<Hub>, listener: TcpListener) -> std::io::Result<()> {
    let routes = Router::new()
        .route("/search", get(search))
        .route("/texts", post(add))
        .route("/counts", get(async |State(hub): State<Arc<Hub>>| Json(Counts::of(&hub))))
        .with_state(hub)
        .nest_service(MANAGEMENT, admin::router(registry(), Auth::loopback_only()));
    // With the addresses of those who ask: only this machine may steer breakers.
    axum::serve(listener, routes.into_make_service_with_connect_info::<SocketAddr>()).await
}

#[derive(Deserialize)]
struct Question {
    q: String,
}

async fn search(
    State(hub): State<Arc<Hub>>,
    Query(Question { q }): Query<Question>,
) -> Result<Json<Found>, HubError> {
    hub.search(&q).await.map(Json)
}

async fn add(
    State(hub): State<Arc<Hub>>,
    Json(texts): Json<Vec<String>>,
) -> Result<Json<Added>, HubError> {
    hub.add(&texts).await.map(Json)
}

/// How often something else answered than the service that was asked.
#[derive(Serialize)]
pub(crate) struct Counts {
    /// Of the fallbacks of each breaker's functions.
    pub(crate) fallbacks: BTreeMap<String, u64>,
    /// Of the search's cache, and of answers that stood in for a model.
    pub(crate) cache_hits: BTreeMap<String, u64>,
}

impl Counts {
    pub(crate) fn of(hub: &Hub) -> Self {
        let breakers = registry().snapshot();
        let mut fallbacks = BTreeMap::new();
        let mut cache_hits = BTreeMap::from([("search".to_owned(), hub.cache_hits())]);
        for breaker in breakers {
            if breaker.service_type.as_deref() == Some("ml_model") {
                cache_hits.insert(breaker.name.clone(), breaker.totals.stale_answers);
            }
            fallbacks.insert(breaker.name, breaker.totals.fallbacks);
        }
        Self { fallbacks, cache_hits }
    }
}

impl IntoResponse for HubError {
    fn into_response(self) -> Response {
        match self {
            Self::Unavailable(why) => {
                let text = why.user_message();
                let seconds = why.retry_after().map(|left| left.as_secs() + 1);
                let header = seconds.map(|seconds| [(RETRY_AFTER, seconds.to_string())]);
                (StatusCode::SERVICE_UNAVAILABLE, header, text).into_response()
            }
            failure => (StatusCode::BAD_GATEWAY, failure.to_string()).into_response(),
        }
    }
}
