use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

struct Client;

#[circuit_breaker(name = "search")]
impl Client {
    async fn search(query: &str) -> Result<u32, SearchError> {
        Ok(query.len() as u32)
    }
}

fn main() {}
