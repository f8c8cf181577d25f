use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

#[derive(Clone)]
struct Client(u32);

impl Client {
    #[circuit_breaker(name = "search", fallback = |_| Ok(self.0))]
    async fn search(self, query: &str) -> Result<u32, SearchError> {
        Ok(query.len() as u32)
    }
}

fn main() {}
