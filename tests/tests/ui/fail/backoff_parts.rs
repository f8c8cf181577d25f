use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

#[circuit_breaker(name = "missing", backoff(factor = 2.0))]
async fn missing(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "alone", backoff)]
async fn alone(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "unknown", backoff(factor = 2.0, maximum = "10m"))]
async fn unknown(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "twice", backoff(factor = 2.0, max = "10m", factor = 3.0))]
async fn twice(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "four", backoff = (2.0, "10m", 0.1, 4))]
async fn four(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "syntax", backoff(factor = 2.0; max = "10m"))]
async fn syntax(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
