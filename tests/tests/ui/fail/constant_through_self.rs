use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

struct Client;

impl Client {
    const MOST: u32 = 3;
    const WAIT: std::time::Duration = std::time::Duration::from_secs(1);

    #[circuit_breaker(
        name = "search",
        failure_threshold = Self::MOST,
        retry = (2, Self::WAIT, when = |_| Self::MOST > 2),
    )]
    async fn search(&self, query: &str) -> Result<u32, SearchError> {
        Ok(query.len() as u32)
    }
}

fn main() {}
