use std::borrow::Cow;

use cb_runtime::{CircuitError, circuit_breaker};

#[circuit_breaker(name = "all", stale_if_error = "5m")]
async fn all(word: Option<&str>, words: &[&str], text: Cow<'_, str>) -> Result<usize, CircuitError> {
    Ok(word.map_or(0, str::len) + words.len() + text.len())
}

#[circuit_breaker(name = "written", stale_if_error(max_age = "5m", key = word))]
async fn written(word: Option<&str>) -> Result<usize, CircuitError> {
    Ok(word.map_or(0, str::len))
}

fn main() {}
