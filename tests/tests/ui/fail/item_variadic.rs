use cb_runtime::{CircuitError, circuit_breaker};

#[circuit_breaker(name = "search")]
unsafe extern "C" fn search(query: u32, _: ...) -> Result<u32, CircuitError> {
    Ok(query)
}

fn main() {}
