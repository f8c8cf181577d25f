use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

#[circuit_breaker(name = "search")]
extern "C" fn search(query: u32) -> Result<u32, SearchError> {
    Ok(query)
}

fn main() {}
