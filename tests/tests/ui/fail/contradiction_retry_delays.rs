use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

#[circuit_breaker(name = "both", retry(max_attempts = 3, delay = "10s", max_delay = "1s"))]
async fn both(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "other_way", retry(max_attempts = 3, max_delay = "1s", delay = "10s"))]
async fn other_way(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "long_delay", retry(3, "2m"))]
async fn long_delay(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "short_max_delay", retry(max_attempts = 3, max_delay = "500ms"))]
async fn short_max_delay(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
