use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

#[circuit_breaker(name = "search")]
async fn search<T>(query: T) -> T {
    query
}

#[circuit_breaker(name = "show")]
async fn show(query: u32) -> impl std::fmt::Display {
    query
}

#[circuit_breaker(name = "count", failure_if = |_| true)]
fn count<T>(query: T) -> T {
    query
}

fn main() -> Result<(), SearchError> {
    Ok(())
}
