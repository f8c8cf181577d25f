use cb_runtime::circuit_breaker;

#[derive(Debug)]
struct SearchError;

#[circuit_breaker(
    name = "search",
    call_timeout = "2s",
    fallback_on = "rejected",
    fallback = |_| Ok(0),
)]
async fn search(query: &str) -> Result<usize, SearchError> {
    Ok(query.len())
}

fn main() {}
