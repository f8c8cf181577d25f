use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

#[circuit_breaker(
    name = "search",
    failure_threshold = "3",
    success_threshold = 1.5,
    half_open_max_calls = -1,
    recovery_timeout = 30,
    probe_timeout = true,
    response_times = "no",
    critical = "yes",
    span = 1,
    service_type = 7,
    cancelled = ignore,
    fallback_on = "never",
    fallback = "other"
)]
async fn search(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
