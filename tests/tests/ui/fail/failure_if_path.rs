use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

fn bad(answer: Result<u32, SearchError>) -> bool {
    answer.is_err()
}

#[circuit_breaker(name = "search", failure_if = bad)]
async fn search(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
