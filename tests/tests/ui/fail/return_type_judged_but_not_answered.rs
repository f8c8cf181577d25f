use cb_runtime::circuit_breaker;

#[circuit_breaker(name = "search", failure_if = |answer| answer.is_none())]
async fn search(query: &str) -> Option<usize> {
    Some(query.len())
}

fn main() {}
