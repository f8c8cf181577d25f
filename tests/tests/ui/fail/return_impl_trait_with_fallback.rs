use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

#[circuit_breaker(name = "search", fallback = |_| Ok(0..1))]
async fn search(query: &str) -> Result<impl Iterator<Item = usize>, SearchError> {
    Ok(0..query.len())
}

fn main() {}
