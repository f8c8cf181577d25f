use cb_runtime::circuit_breaker;

#[derive(Debug)]
struct SearchError;

#[circuit_breaker(name = "search", fallback = |_| Ok(0), fallback_on = "failed")]
async fn search(query: &str) -> Result<usize, SearchError> {
    Ok(query.len())
}

fn main() {}
