use cb_runtime::circuit_breaker;

#[circuit_breaker(name = "search")]
async fn search(query: &str) -> Option<usize> {
    Some(query.len())
}

fn main() {}
