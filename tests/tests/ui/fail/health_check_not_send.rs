use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

use std::rc::Rc;

async fn ping() -> Result<(), SearchError> {
    let kept = Rc::new(1);
    std::future::ready(()).await;
    drop(kept);
    Ok(())
}

#[circuit_breaker(name = "search", health_check = ping)]
async fn search(query: &str) -> Result<u32, SearchError> {
    Ok(query.len() as u32)
}

fn main() {}
