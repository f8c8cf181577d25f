use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

#[circuit_breaker(name = "search", open_for = |error, query| None)]
async fn search(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "other", open_for = || None)]
async fn other(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
