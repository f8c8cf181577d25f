use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

const TEN: &str = "10s";

#[circuit_breaker(name = "search", window = TEN)]
async fn search(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "other", window = 2.5 * 2.0, min_calls = 3)]
async fn other(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
