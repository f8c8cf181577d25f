use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

#[circuit_breaker(name = "search", ignore_errors = |error| true)]
async fn search(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "count", record_errors = |error: &SearchError| matches!(error, SearchError::Unavailable(_)))]
async fn count(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

// A pattern may begin with a bar.
#[circuit_breaker(name = "other", ignore_errors = | SearchError::Unavailable(_))]
async fn other(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
