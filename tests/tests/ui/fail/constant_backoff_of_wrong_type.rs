use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

const FACTOR: u32 = 2;

#[circuit_breaker(name = "parts", backoff(factor = FACTOR, max = "10m"))]
async fn parts(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "whole", backoff = FACTOR)]
async fn whole(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
