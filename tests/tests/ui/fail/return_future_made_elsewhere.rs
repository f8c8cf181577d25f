use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

#[circuit_breaker(name = "search")]
fn search(query: u32) -> impl Future<Output = Result<u32, SearchError>> {
    std::future::ready(Ok(query))
}

fn main() {}
