use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

#[circuit_breaker(name = "search")]
struct Search;

fn main() {}
