//! The page that shows all breakers, served from the binary.

use axum::Router;

/// The page and what it is made of. They hold nothing of the program, so no token is asked for them.
pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
}
