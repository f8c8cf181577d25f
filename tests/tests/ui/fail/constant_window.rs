use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

use std::time::Duration;

use cb_runtime::Window;

const CALLS: u32 = 0;
const TIME: Duration = Duration::from_micros(1);
const WINDOW: Window = Window::calls(2_000_000);

#[circuit_breaker(name = "calls", window = CALLS)]
async fn calls(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "time", window = TIME, min_calls = 10)]
async fn time(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

#[circuit_breaker(name = "window", window = WINDOW)]
async fn window(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
