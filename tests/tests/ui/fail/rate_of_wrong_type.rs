use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

#[circuit_breaker(
    name = "search",
    failure_rate = "half",
    slow_call = 2,
    slow_call_rate = "80%",
    window = 0.5,
    min_calls = "3",
    shed = [2],
    reset_timeout = 300,
    max_keys = 0,
    key = "tenant",
    backoff = 2.0,
    health_check = "ping",
    open_for = "30s"
)]
async fn search(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
