use cb_runtime::{CircuitError, MemoryStore, circuit_breaker};

struct Redis;

#[circuit_breaker(name = "no_store", stale_if_error(max_age = "5m", key = query, store = Redis))]
async fn no_store(query: &str) -> Result<usize, CircuitError> {
    Ok(query.len())
}

#[circuit_breaker(name = "other", stale_if_error(max_age = "5m", key = query, store = MemoryStore::<u32, usize>::new(5)))]
async fn of_another_key(query: &str) -> Result<usize, CircuitError> {
    Ok(query.len())
}

fn main() {}
