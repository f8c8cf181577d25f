//! The management API over HTTP, and its dashboard.
//!
//! [`serve`] gives it a port of its own, [`router`] is for a program's own server, and each asks for an
//! [`Auth`], which says who may see the breakers and who may change them:
//!
//! ```no_run
//! use cb_runtime::{admin::{self, Auth}, registry};
//!
//! # async fn start() {
//! tokio::spawn(admin::serve(9090, registry(), Auth::loopback_only()));
//! # }
//! ```
//!
//! | method and path | |
//! |---|---|
//! | `GET /` | the dashboard |
//! | `GET /status` | all breakers; `?service_type=`, `?state=` (`closed`, `open`, `half_open`, `forced_open`, `disabled`, `metrics_only`), `?limit=` (1 to 10 000), `?after=` |
//! | `GET /status/NAME` | one breaker, with its history and the source of each setting; `?key=` |
//! | `GET /health` | score, verdict, what is open, and what is advised; 503 where the score is under `?fail_under=` |
//! | `GET /alerts` | what ought to be looked at |
//! | `GET /metrics`, `GET /metrics.json` | the figures, for Prometheus, as `OpenMetrics` and as JSON |
//! | `GET /events` | what happens, as server-sent events; resumed by `Last-Event-ID` |
//! | `GET /declarations` | the annotated functions, their files and lines, and their conflicts |
//! | `POST /reset/NAME`, `/reset-all`, `/reset-by-type/TYPE` | closes; in the body `{ "reason": "deploy", "scope": "cluster", "for": "10m" }`, all of it optional |
//! | `POST /mode/NAME` | `{ "mode": "forced_open", "for": "10m", "reason": "deploy", "scope": "cluster" }` |
//! | `PUT /config/NAME` | settings as in a file in JSON; `?reason=`, `?scope=cluster&for=10m` |
//! | `POST /test-service` | `{ "service_name": …, "test_type": "health", "iterations": 3 }` runs the declared health check |
//! | `GET /openapi.json` | all of this for programs |
//!
//! The guide [Operating](crate::guide::operating) has each with a line of `curl`.
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
mod scope;
mod serve;
mod status;
mod steer;
mod stream;
mod thread;

use std::{borrow::Borrow, sync::Arc, time::SystemTime};

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
    started: SystemTime,
    ring: Arc<stream::Ring>,
    refusals: audit::Refusals,
}

/// The management API of a registry, and its dashboard, to be nested where the user likes; at the root, with
/// `merge`.
///
/// Nested under `/breakers` with axum's `nest_service`, the page is at `/breakers` and at `/breakers/`; with
/// `nest`, the latter is nobody's.
///
/// Makes the breakers that annotated functions declare, so that they are seen before a first call. May be
/// called outside a runtime; then the events that `GET events` can go back to begin with the first request
/// for them. It is to be served on a runtime of tokio's with timers, as `#[tokio::main]` makes one.
///
/// [`Auth::loopback_only`] and the audit know where a request comes from if the program's server says so:
/// with axum, by `into_make_service_with_connect_info::<SocketAddr>()`.
///
/// ```
/// use cb_runtime::{Registry, admin::{self, Auth, axum::Router}};
///
/// let api = admin::router(Registry::new(), Auth::tokens("to look", "to change"));
/// let program: Router = Router::new().nest_service("/api/circuit-breaker", api);
/// ```
pub fn router(registry: impl Borrow<Registry>, auth: Auth) -> Router {
    let registry = registry.borrow().clone();
    registry.register_declared();
    let instance: Arc<str> = format!("{:016x}", fastrand::u64(..)).into();
    let ring = Arc::new(stream::Ring::new(Arc::clone(&instance)));
    ring.listen(&registry);
    let refusals = audit::Refusals::default();
    let started = SystemTime::now();
    let shared = Arc::new(Shared { registry, auth, instance, started, ring, refusals });
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
