use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

#[circuit_breaker(name = "count", retry(max_retries = 2))]
async fn count(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "waits", retry(max_attempts = 3, initial_interval = "100ms", multiplier = 1.5, max_interval = "10s"))]
async fn waits(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "errors", retry(max_attempts = 3, retry_if = |error| error.is_transient()))]
async fn errors(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
