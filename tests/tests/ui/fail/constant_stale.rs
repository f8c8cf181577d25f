use std::time::Duration;

use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

const NONE: u32 = 0;
const EIGHT: u8 = 8;

#[circuit_breaker(name = "parts", stale_if_error(max_age = Duration::ZERO, capacity = NONE))]
async fn parts(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "wrong_type", stale_if_error(max_age = 5 * 60, capacity = EIGHT))]
async fn wrong_type(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
