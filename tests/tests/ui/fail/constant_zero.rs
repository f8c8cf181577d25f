use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

use std::time::Duration;

const THRESHOLD: u32 = 0;
const OPEN_FOR: Duration = Duration::ZERO;

#[circuit_breaker(name = "search", failure_threshold = THRESHOLD, recovery_timeout = OPEN_FOR)]
async fn search(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
