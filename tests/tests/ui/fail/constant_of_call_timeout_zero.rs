use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

use std::time::Duration;

const LIMIT: Duration = Duration::ZERO;

#[circuit_breaker(name = "search", call_timeout = LIMIT)]
async fn search(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
