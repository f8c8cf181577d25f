use std::time::Duration;

use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

const FIVE: u8 = 5;

#[circuit_breaker(
    name = "wrong_types",
    call_timeout = 2 * FIVE,
    max_concurrent = FIVE,
    retry(max_attempts = FIVE, delay = Duration::as_secs, factor = FIVE, max_delay = FIVE, jitter = FIVE),
    stale_if_error(max_age = FIVE),
)]
async fn wrong_types(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(
    name = "unknown",
    key = query,
    call_timeout = LIMIT,
    max_concurrent = MOST,
    retry(max_attempts = TRIES, delay = FIRST),
    stale_if_error(max_age = AGE),
)]
async fn unknown(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "plain", max_concurrent = FIVE)]
fn plain(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
