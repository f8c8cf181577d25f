use cb_runtime::circuit_breaker;

#[circuit_breaker(name = "search", record_errors = None, fallback = |_| None)]
async fn search(query: &str) -> Option<usize> {
    Some(query.len())
}

fn main() {}
