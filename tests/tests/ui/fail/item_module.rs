use cb_runtime::circuit_breaker;

#[circuit_breaker(name = "search")]
mod search {}

fn main() {}
