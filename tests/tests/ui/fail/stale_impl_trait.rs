use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

#[circuit_breaker(name = "search", stale_if_error = "5m")]
async fn search(query: &'static str) -> Result<impl Iterator<Item = char>, SearchError> {
    Ok(query.chars())
}

fn main() {}
