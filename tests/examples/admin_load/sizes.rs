//! What the status of many breakers takes.

use std::time::Instant;

use cb_runtime::{
    Config, Registry,
    admin::{self, Auth},
};

use crate::TOKEN;

pub(crate) async fn report() {
    println!("GET of                     breakers  milliseconds      bytes");
    for count in [100, 1_000, 10_000] {
        let registry = Registry::new();
        for at in 0..count {
            let breaker = registry
                .get_or_register(format!("service/{at:05}"), Config::default())
                .expect("the name is good");
            for _ in 0..3 {
                let _ = breaker.call_blocking(|| Ok::<_, ()>(()));
            }
            let _ = breaker.call_blocking(|| Err::<(), _>("connection refused"));
        }
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("it has an address");
        let server = tokio::spawn(admin::serve_on(listener, registry, Auth::tokens("", TOKEN)));
        let client = reqwest::Client::new();
        for path in
            ["status", "status?limit=100", "status/service%2F00007", "health", "metrics", "alerts"]
        {
            let mut best = (f64::MAX, 0);
            for _ in 0..10 {
                let start = Instant::now();
                let request = client.get(format!("http://{address}/{path}")).bearer_auth(TOKEN);
                let bytes = request.send().await.expect("it answers").bytes().await;
                let length = bytes.expect("the answer is whole").len();
                let took = start.elapsed().as_secs_f64() * 1e3;
                if took < best.0 {
                    best = (took, length);
                }
            }
            println!("{path:<26} {count:>8}  {:>12.2}  {:>9}", best.0, best.1);
        }
        server.abort();
    }
}
