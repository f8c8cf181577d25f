use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

#[circuit_breaker(name = "zero", max_concurrent = 0)]
async fn zero(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "negative", max_concurrent = -1)]
async fn negative(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "text", max_concurrent = "32")]
async fn text(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "alone", max_concurrent)]
async fn alone(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
