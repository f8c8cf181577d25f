use cb_runtime::circuit_breaker;

#[circuit_breaker(name = "search")]
async fn search<E: Send>(call: impl FnOnce() -> Result<usize, E>) -> Result<usize, E> {
    call()
}

fn main() {}
