use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

#[circuit_breaker(name = "search")]
async fn search(query: &str) -> Result<u32, SearchError> {
    query.len()
}

#[circuit_breaker(name = "count")]
async fn count(query: &str) -> Result<u32, SearchError> {
    println!("{query}");
}

fn main() {}
