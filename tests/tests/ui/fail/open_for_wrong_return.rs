use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

use std::time::Duration;

fn time(_: &SearchError) -> Duration {
    Duration::from_secs(1)
}

#[circuit_breaker(name = "search", open_for = time)]
async fn search(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "other", open_for = |_| Duration::from_secs(1))]
async fn other(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
