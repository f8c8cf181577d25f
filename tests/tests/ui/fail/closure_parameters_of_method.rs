use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

struct Client;

impl Client {
    #[circuit_breaker(name = "search", fallback = || Ok(0))]
    async fn search(&self, query: &str, page: u32) -> Result<u32, SearchError> {
        Ok(query.len() as u32 + page)
    }
}

fn main() {}
