use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

struct Client {
    most: u32,
}

impl Client {
    #[circuit_breaker(
        name = "search",
        failure_threshold = self.most,
        min_calls = limit + 1,
        max_concurrent = N,
        retry(max_attempts = limit, delay = "1ms"),
    )]
    async fn search<const N: u32>(&self, limit: u32) -> Result<u32, SearchError> {
        Ok(limit)
    }
}

// A name that a block has of its own, and those of parts, are nothing of the call's.
#[circuit_breaker(
    name = "other",
    failure_threshold = { let limit = 3; limit * 2 },
    retry(max_attempts = 2, delay = "1ms"),
)]
async fn other(limit: u32, delay: u32) -> Result<u32, SearchError> {
    Ok(limit + delay)
}

fn main() {}
