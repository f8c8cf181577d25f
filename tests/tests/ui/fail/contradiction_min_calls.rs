use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

#[circuit_breaker(name = "search", window = 20, min_calls = 21)]
async fn search(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "other", min_calls = 21, window = 20)]
async fn other(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "default", min_calls = 101)]
async fn default(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
