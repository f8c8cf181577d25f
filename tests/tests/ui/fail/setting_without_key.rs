use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

#[circuit_breaker("search", failure_threshold = 3)]
async fn search(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
