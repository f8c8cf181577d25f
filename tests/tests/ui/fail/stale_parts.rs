use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

#[circuit_breaker(name = "missing", stale_if_error(key = query))]
async fn missing(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "alone", stale_if_error)]
async fn alone(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "unknown", stale_if_error(max_age = "5m", ttl = "5m"))]
async fn unknown(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "twice", stale_if_error("5m", query, max_age = "10m"))]
async fn twice(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "five", stale_if_error = ("5m", query, 10, &STORE, 5))]
async fn five(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
