use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

struct Index;

impl Index {
    async fn ping() -> Result<(), SearchError> {
        Ok(())
    }

    #[circuit_breaker(name = "search", health_check = Self::ping)]
    async fn search(&self, query: &str) -> Result<u32, SearchError> {
        Self::ping().await?;
        Ok(query.len() as u32)
    }
}

fn main() {}
