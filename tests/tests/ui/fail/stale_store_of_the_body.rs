use std::sync::Arc;

use cb_runtime::{CircuitError, MemoryStore, circuit_breaker};

struct Client {
    answers: MemoryStore<u32, u32>,
}

impl Client {
    #[circuit_breaker(name = "field", stale_if_error(max_age = "5m", key = id, store = self.answers))]
    async fn field(&mut self, id: u32) -> Result<u32, CircuitError> {
        Ok(id)
    }
}

#[circuit_breaker(name = "argument", stale_if_error(max_age = "5m", key = id, store = answers))]
async fn argument(id: u32, answers: Arc<MemoryStore<u32, u32>>) -> Result<u32, CircuitError> {
    answers.keep(id, id);
    Ok(id)
}

fn main() {}
