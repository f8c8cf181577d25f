use cb_runtime::circuit_breaker;

#[derive(Debug)]
struct SearchError;

#[circuit_breaker(name = "search")]
async fn search(query: &str) -> Result<usize, SearchError> {
    Ok(query.len())
}

fn main() {}
