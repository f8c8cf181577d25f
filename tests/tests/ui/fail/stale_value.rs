use cb_runtime::{CircuitError, circuit_breaker};

struct Page(Vec<u8>);

#[circuit_breaker(name = "page", stale_if_error(max_age = "5m", key = id))]
async fn page(id: u32) -> Result<Page, CircuitError> {
    Ok(Page(vec![1]))
}

#[circuit_breaker(name = "whole", stale_if_error = "5m", failure_if = |page| page.0.is_empty(), fallback = |_| Page(vec![]))]
fn whole(id: u32) -> Page {
    Page(vec![1])
}

#[circuit_breaker(name = "borrowed", stale_if_error = "5m")]
async fn borrowed(text: &str) -> Result<&str, CircuitError> {
    Ok(text)
}

#[circuit_breaker(name = "local", stale_if_error = "5m")]
async fn local(id: u32) -> Result<std::rc::Rc<str>, CircuitError> {
    Ok("page".into())
}

fn main() {}
