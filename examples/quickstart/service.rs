//! The price service.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use axum::{Json, Router, extract::State, routing::get};

pub(crate) fn prices() -> Router {
    Router::new().route("/price/{product}", get(price)).with_state(Arc::default())
}

/// The price moves with every request, so that an old one can be told from a new one.
async fn price(State(requests): State<Arc<AtomicU32>>) -> Json<u32> {
    Json(401 + requests.fetch_add(1, Ordering::Relaxed))
}
