use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

#[circuit_breaker(nmae = "search", failure_threshold = 0, recovery_timeout = "0s", fallback_on = "failed", call_timeout = 3)]
fn search(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
