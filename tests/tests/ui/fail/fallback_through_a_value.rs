use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

struct Client;

impl Client {
    #[circuit_breaker(name = "search", fallback = self.cached)]
    async fn search(&self, query: &str) -> Result<u32, SearchError> {
        Ok(query.len() as u32)
    }

    async fn cached(&self, query: &str) -> Result<u32, SearchError> {
        Ok(query.len() as u32)
    }
}

fn main() {}
