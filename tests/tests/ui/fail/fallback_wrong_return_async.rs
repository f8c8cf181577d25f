use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

async fn other(query: &str) -> Result<String, SearchError> {
    Ok(query.to_owned())
}

#[circuit_breaker(name = "search", fallback = other)]
async fn search(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
