use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct SearchError(#[from] CircuitError);

fn of_text(error: &String) -> bool {
    error.is_empty()
}

fn no_answer(_: &SearchError) {}

#[circuit_breaker(name = "closure", retry(3, when = |error| error.is_transient()))]
async fn closure(query: &str) -> Result<usize, SearchError> {
    Ok(query.len())
}

#[circuit_breaker(name = "of_text", retry(3, when = of_text))]
async fn other_error(query: &str) -> Result<usize, SearchError> {
    Ok(query.len())
}

#[circuit_breaker(name = "no_answer", retry(3, when = no_answer))]
async fn other_answer(query: &str) -> Result<usize, SearchError> {
    Ok(query.len())
}

#[circuit_breaker(name = "parameters", retry(3, when = |error, attempt| attempt < 2))]
async fn parameters(query: &str) -> Result<usize, SearchError> {
    Ok(query.len())
}

fn main() {}
