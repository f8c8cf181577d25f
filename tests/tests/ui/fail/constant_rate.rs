use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

const RATE: f64 = f64::NAN;
const SLOW: f64 = f64::INFINITY;
const SHED: f64 = 2.0;

#[circuit_breaker(
    name = "search",
    failure_rate = RATE,
    slow_call = "2s",
    slow_call_rate = SLOW,
    shed = -SHED
)]
async fn search(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
