use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

use std::time::Duration;

use cb_runtime::Backoff;

const FACTOR: f64 = f64::NAN;
const JITTER: f64 = 1.5;
const BACKOFF: Backoff = Backoff::new(2.0, Duration::ZERO);

#[circuit_breaker(name = "parts", backoff(factor = FACTOR, max = Duration::ZERO, jitter = JITTER))]
async fn parts(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "whole", backoff = BACKOFF)]
async fn whole(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
