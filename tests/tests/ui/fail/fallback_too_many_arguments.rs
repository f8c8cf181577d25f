use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

async fn other(query: &str, page: u32) -> Result<u32, SearchError> {
    Ok(query.len() as u32 + page)
}

#[circuit_breaker(name = "search", fallback = other)]
async fn search(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
