//! The management API over HTTP, and its dashboard.
#![allow(unused_qualifications, reason = "what the macros of `utoipa` make has some")]

mod answers;
mod audit;
mod auth;
mod body;
mod check;
mod dashboard;
mod find;
mod guard;
mod metrics;
mod openapi;
mod origin;
mod overview;
mod problem;
mod schemas;
mod serve;
mod status;
mod steer;
mod stream;
mod thread;

use std::{borrow::Borrow, sync::Arc};

pub use auth::{Auth, Caller};
/// The `axum` whose [`Router`] this is.
pub use axum;
use axum::{
    Router,
    http::StatusCode,
    middleware,
    routing::{get, post, put},
};
use problem::Problem;
pub use serve::{ListenAt, ServeError, serve, serve_on};

use crate::registry::Registry;

/// What the handlers of one router share.
struct Shared {
    registry: Registry,
    auth: Auth,
    /// Another one for each router, so for each start of a program.
    instance: Arc<str>,
    ring: Arc<stream::Ring>,
    refusals: audit::Refusals,
}

/// The management API of a registry, and its dashboard, to be nested where the user likes.
///
/// Makes the breakers that annotated functions declare, so that they are seen before a first call.
pub fn router(registry: impl Borrow<Registry>, auth: Auth) -> Router {
    let registry = registry.borrow().clone();
    registry.make_all_declared();
    let instance: Arc<str> = format!("{:016x}", fastrand::u64(..)).into();
    let ring = Arc::new(stream::Ring::new(Arc::clone(&instance)));
    ring.listen(&registry);
    let refusals = audit::Refusals::default();
    let shared = Arc::new(Shared { registry, auth, instance, ring, refusals });
    let known = Router::new()
        .route("/status", get(status::all))
        .route("/status/{*name}", get(status::one))
        .route("/health", get(overview::health))
        .route("/alerts", get(overview::alerts))
        .route("/declarations", get(overview::all_declarations))
        .route("/metrics", get(metrics::metrics))
        .route("/metrics.json", get(metrics::metrics_json))
        .route("/events", get(stream::events))
        .route("/reset/{*name}", post(steer::reset))
        .route("/reset-all", post(steer::reset_all))
        .route("/reset-by-type/{*service_type}", post(steer::reset_by_type))
        .route("/mode/{*name}", post(steer::set_mode))
        .route("/config/{*name}", put(steer::configure))
        .route("/test-service", post(check::test_service))
        .method_not_allowed_fallback(wrong_method)
        .route_layer(middleware::from_fn_with_state(Arc::clone(&shared), guard::at_the_door));
    known
        .route("/openapi.json", get(openapi::document))
        .merge(dashboard::routes())
        // Those of above have it already, behind the door.
        .method_not_allowed_fallback(wrong_method)
        .fallback(unknown_path)
        .layer(middleware::from_fn_with_state(Arc::clone(&shared), guard::at_the_gate))
        .with_state(shared)
}

async fn unknown_path() -> Problem {
    Problem::not_found(
        "there is nothing at this path: `openapi.json` has all that there are",
        Vec::new(),
    )
}

async fn wrong_method() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "this path takes another method: see the header `Allow`",
    )
}
