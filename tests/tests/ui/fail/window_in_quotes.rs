use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

#[circuit_breaker(name = "search", failure_rate = 0.5, window = "100")]
async fn search(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
