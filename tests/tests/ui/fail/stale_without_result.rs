use cb_runtime::circuit_breaker;

#[circuit_breaker(name = "stale", stale_if_error = "5m")]
async fn stale(id: u32) -> Option<u32> {
    Some(id)
}

#[circuit_breaker(name = "registered", service_type = "search", fallback = "registered")]
fn registered(id: u32) -> Option<u32> {
    Some(id)
}

fn main() {}
