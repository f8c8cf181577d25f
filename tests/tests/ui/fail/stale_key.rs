use cb_runtime::{CircuitError, circuit_breaker};

struct Filter;

#[circuit_breaker(name = "all", stale_if_error = "5m")]
async fn all(query: &str, nearness: f64, filter: &Filter) -> Result<usize, CircuitError> {
    Ok(query.len())
}

#[circuit_breaker(name = "written", stale_if_error(max_age = "5m", key = (query, filter)))]
async fn written(query: &str, filter: Filter) -> Result<usize, CircuitError> {
    Ok(query.len())
}

#[circuit_breaker(name = "unknown", stale_if_error(max_age = "5m", key = quary))]
async fn unknown(query: &str) -> Result<usize, CircuitError> {
    Ok(query.len())
}

struct Client;

impl Client {
    #[circuit_breaker(name = "method", stale_if_error = "5m")]
    async fn method(&self, query: &str) -> Result<usize, CircuitError> {
        Ok(query.len())
    }
}

fn main() {}
