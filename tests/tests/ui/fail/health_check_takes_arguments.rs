use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

struct Index;

impl Index {
    async fn ping(&self) -> Result<(), SearchError> {
        Ok(())
    }
}

async fn ping(host: &str) -> Result<(), SearchError> {
    drop(host.to_owned());
    Ok(())
}

#[circuit_breaker(name = "search", health_check = ping)]
async fn search(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "other", health_check = Index::ping)]
async fn other(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
