use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

#[circuit_breaker(
    name = "search",
    fallback_method = "f",
    threshold = 3,
    expected_exception = SearchError,
    half_open_requests = 1,
    wait_duration = "3s",
    reset_after = "3s"
)]
async fn search(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
