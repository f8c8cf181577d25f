use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

#[circuit_breaker(name = "nothing", stale_if_error = "5m")]
async fn nothing(query: &str) {
    drop(query);
}

#[circuit_breaker(name = "ends", stale_if_error = "5m")]
async fn ends(query: &str) -> () {
    drop(query);
}

#[circuit_breaker(name = "result", stale_if_error = "5m")]
async fn result(query: &str) -> Result<(), SearchError> {
    Ok(drop(query))
}

#[circuit_breaker(name = "alias", stale_if_error = "5m")]
async fn alias(query: &str) -> anyhow::Result<()> {
    Ok(drop(query))
}

fn main() {}
