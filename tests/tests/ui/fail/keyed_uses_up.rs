use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

#[circuit_breaker(name = "search", key = query.into_boxed_str())]
async fn search(query: String) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
