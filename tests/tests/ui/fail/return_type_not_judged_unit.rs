use cb_runtime::circuit_breaker;

#[circuit_breaker(name = "search")]
fn search(query: &str) {
    drop(query.to_owned());
}

fn main() {}
