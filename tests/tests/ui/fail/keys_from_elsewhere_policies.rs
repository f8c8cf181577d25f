use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

#[circuit_breaker(
    name = "search",
    max_retries = 2,
    attempts = 3,
    bulkhead = 32,
    concurrency_limit = 32,
    stale_while_error = "5m",
    cache_ttl = "5m"
)]
async fn search(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
