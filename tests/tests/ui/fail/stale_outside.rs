use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

#[circuit_breaker(name = "search", stale_if_error(max_age = "0s", capacity = 0))]
async fn search(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "number", stale_if_error = 300)]
async fn number(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "duration", stale_if_error("five minutes"))]
async fn duration(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
