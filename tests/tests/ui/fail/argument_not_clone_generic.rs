use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

async fn other<T>(_token: T) -> Result<u32, SearchError> {
    Ok(0)
}

#[circuit_breaker(name = "search", fallback = other)]
async fn search<T: Send>(token: T) -> Result<u32, SearchError> {
    drop(token);
    Ok(0)
}

fn main() {}
