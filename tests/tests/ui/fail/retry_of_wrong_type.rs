use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

#[circuit_breaker(name = "search", retry = ("3", 100, "2", 10.0, "half", when = true))]
async fn search(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "text", retry = "3")]
async fn text(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "fraction", retry = 3.0)]
async fn fraction(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "suffix", retry(max_attempts = 3u8, factor = 2f32))]
async fn suffix(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
