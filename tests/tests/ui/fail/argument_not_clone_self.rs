use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

struct Client(u32);

impl Client {
    #[circuit_breaker(name = "search", fallback = |this| Ok(this.0))]
    async fn search(self) -> Result<u32, SearchError> {
        Ok(self.0)
    }
}

fn main() {}
