use std::time::Duration;

use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

const NONE: u32 = 0;
const FACTOR: f64 = f64::INFINITY;
const JITTER: f64 = -0.1;
const LONG: Duration = Duration::from_secs(600);

#[circuit_breaker(name = "parts", retry(NONE, Duration::ZERO, FACTOR, Duration::ZERO, JITTER))]
async fn parts(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "alone", retry = NONE)]
async fn alone(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "delays", retry(max_attempts = 3, max_delay = "1s", delay = LONG))]
async fn delays(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "long_delay", retry(max_attempts = 3, delay = LONG))]
async fn long_delay(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
