use cb_runtime::circuit_breaker;

#[derive(Debug)]
struct SearchError;

#[circuit_breaker(name = "error", service_type = "search", fallback = "registered")]
async fn error(query: &str) -> Result<usize, SearchError> {
    Ok(query.len())
}

#[circuit_breaker(
    name = "value",
    service_type = "search",
    failure_if = |found| *found == 0,
    fallback = "registered",
)]
fn value(query: &str) -> usize {
    query.len()
}

fn main() {}
