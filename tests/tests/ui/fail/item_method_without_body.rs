use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

trait Search {
    #[circuit_breaker(name = "search")]
    async fn search(&self, query: &str) -> Result<u32, SearchError>;
}

fn main() {}
