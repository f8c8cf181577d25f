//! Work that is too long for a thread that others' calls are on.

use axum::http::StatusCode;

use super::problem::Problem;

/// Does it on a thread of its own: ten thousand breakers take some ten milliseconds.
pub(super) async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let worked = tokio::task::spawn_blocking(work).await;
    worked.map_err(|_| {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the answer could not be made")
    })
}
