use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

#[circuit_breaker(name = "search")]
const fn search(query: &str) -> Result<usize, SearchError> {
    Ok(query.len())
}

fn main() {}
