use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

fn threshold() -> u32 {
    3
}

#[circuit_breaker(name = "search", failure_threshold = threshold())]
async fn search(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
