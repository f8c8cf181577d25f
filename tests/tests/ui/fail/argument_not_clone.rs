use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

struct Token(u32);

#[circuit_breaker(name = "search", fallback = |token, _| Ok(token.0))]
async fn search(token: Token, query: String) -> Result<u32, SearchError> {
    Ok(token.0 + query.len() as u32)
}

fn main() {}
