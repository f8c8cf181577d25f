use cb_runtime::{CircuitError, circuit_breaker};

struct Upload(Vec<u8>);

struct Client;

impl Client {
    #[circuit_breaker(name = "upload", retry(max_attempts = 3, delay = "10ms"))]
    async fn upload(self, upload: Upload, name: &str) -> Result<usize, CircuitError> {
        Ok(upload.0.len() + name.len())
    }
}

#[circuit_breaker(name = "generic", retry = 3)]
async fn generic<T: AsRef<[u8]>>(upload: T) -> Result<usize, CircuitError> {
    Ok(upload.as_ref().len())
}

fn main() {}
