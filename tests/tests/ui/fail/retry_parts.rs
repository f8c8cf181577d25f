use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

#[circuit_breaker(name = "missing", retry(delay = "100ms"))]
async fn missing(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "alone", retry)]
async fn alone(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "empty", retry())]
async fn empty(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "unknown", retry(attempts = 3))]
async fn unknown(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "twice", retry(3, jitter, max_attempts = 4, jitter = 0.5))]
async fn twice(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "six", retry = (3, "100ms", 2.0, "10s", 0.5, Self::is_transient))]
async fn six(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "closure", retry(3, |error| error.is_transient()))]
async fn closure(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "syntax", retry(max_attempts = 3; delay = "100ms"))]
async fn syntax(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
