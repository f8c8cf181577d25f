use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

const CALLS: u32 = 20;

#[circuit_breaker(name = "search", window = CALLS, min_calls = CALLS + 1)]
async fn search(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "other", min_calls = 21, window = CALLS)]
async fn other(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "default", min_calls = 5 * CALLS + 1)]
async fn default(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
