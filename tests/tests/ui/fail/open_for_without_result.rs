use cb_runtime::circuit_breaker;

#[circuit_breaker(
    name = "search",
    failure_if = Option::is_none,
    open_for = |_| None,
    fallback = |_| Some(1)
)]
async fn search(query: &str) -> Option<u32> {
    query.parse().ok()
}

fn main() {}
