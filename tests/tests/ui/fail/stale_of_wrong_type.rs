use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

#[circuit_breaker(name = "search", stale_if_error(max_age = 5, key = "query", store = "redis"))]
async fn search(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "flag", stale_if_error = true)]
async fn flag(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "closures", stale_if_error(max_age = |age| age, key = |query| query, capacity = "10"))]
async fn closures(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "unnamed", stale_if_error("5m", 1_000))]
async fn unnamed(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
