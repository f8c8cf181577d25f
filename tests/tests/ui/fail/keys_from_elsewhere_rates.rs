use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

#[circuit_breaker(
    name = "search",
    failure_rate_threshold = 50,
    failure_ratio = 0.5,
    slow_call_duration_threshold = "2s",
    slow_call_rate_threshold = 100,
    sliding_window_size = 100,
    sampling_duration = "10s",
    minimum_number_of_calls = 10,
    minimum_throughput = 10,
    exponential_backoff = true,
    throttle = 2,
    retry_after = |error| error.retry_after(),
    partition_by = query
)]
async fn search(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
