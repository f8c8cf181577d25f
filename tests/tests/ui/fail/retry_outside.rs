use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

#[circuit_breaker(name = "search", retry(max_attempts = 0, delay = "0s", factor = 0.5, max_delay = "ten", jitter = 10))]
async fn search(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "number", retry = 0)]
async fn number(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "negative", retry(-3))]
async fn negative(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
