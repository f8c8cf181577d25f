use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    NoSuchBook,
    Unavailable(#[from] CircuitError),
}

#[circuit_breaker(name = "search", ignore_errors = NoSuchBook)]
async fn search(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "search", record_errors = NoSuchBook)]
async fn count(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
