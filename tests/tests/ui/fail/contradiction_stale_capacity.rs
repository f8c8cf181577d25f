use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

#[circuit_breaker(name = "store_last", stale_if_error(max_age = "5m", capacity = 10, store = &STORE))]
async fn store_last(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "capacity_last", stale_if_error(max_age = "5m", store = &STORE, capacity = 10))]
async fn capacity_last(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
