use cb_runtime::{CircuitError, circuit_breaker};

#[circuit_breaker(name = "search", fallback = 3 + 4, enabled, failure_if)]
async fn search(query: &str) -> Result<usize, CircuitError> {
    Ok(query.len())
}

fn main() {}
