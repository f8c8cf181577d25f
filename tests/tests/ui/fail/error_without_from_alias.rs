use cb_runtime::circuit_breaker;

#[derive(Debug)]
struct SearchError;
type Answer = Result<usize, SearchError>;

#[circuit_breaker(name = "search")]
fn search(query: &str) -> Answer {
    Ok(query.len())
}

fn main() {}
