use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

#[circuit_breaker(name = "search", fallback = |query: String| async move { Ok(query.len() as u32) })]
async fn search(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "count", fallback = async |query: String| Ok(query.len() as u32))]
async fn count(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
