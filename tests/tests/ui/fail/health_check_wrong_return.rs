use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

async fn ping() -> bool {
    true
}

async fn status() -> Result<u16, SearchError> {
    Ok(200)
}

#[circuit_breaker(name = "search", health_check = ping)]
async fn search(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "other", health_check = status)]
async fn other(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
