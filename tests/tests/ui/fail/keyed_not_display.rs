use cb_runtime::{CircuitError, circuit_breaker};

#[derive(Debug, thiserror::Error)]
#[error("search failed")]
enum SearchError {
    Unavailable(#[from] CircuitError),
}

struct Tenant {
    id: u32,
}

#[circuit_breaker(name = "search", key = tenant)]
async fn search(tenant: Tenant, query: &str) -> Result<u32, SearchError> {
    Ok(tenant.id + query.len() as u32)
}

#[circuit_breaker(name = "other", key = (tenant.id, query))]
async fn other(tenant: Tenant, query: &str) -> Result<u32, SearchError> {
    Ok(tenant.id + query.len() as u32)
}

fn main() {}
