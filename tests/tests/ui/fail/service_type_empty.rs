use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

#[circuit_breaker(name = "search", service_type = "")]
async fn search(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "lookup", service_type = "  ")]
async fn lookup(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
