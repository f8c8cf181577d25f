use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

async fn other(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "search", fallback = |query| other(query))]
async fn search(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
