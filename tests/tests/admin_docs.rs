//! Every line of `curl` in the documentation, run as it stands. The only test of its program, whose registry
//! it shares with nobody.
#![cfg(feature = "admin")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{net::SocketAddr, process::Stdio};

use cb_runtime::{
    admin::{self, Auth},
    circuit_breaker, registry,
};
use tokio::{net::TcpListener, process::Command};

const TOKEN: &str = "0123456789abcdef";

async fn ping() -> Result<(), std::io::Error> {
    Ok(())
}

#[circuit_breaker(name = "orders/db", service_type = "database", health_check = ping)]
async fn order(number: u32) -> anyhow::Result<u32> {
    Ok(number)
}

#[circuit_breaker(name = "tenants", key = tenant)]
async fn balance(tenant: &str) -> anyhow::Result<usize> {
    Ok(tenant.len())
}

const TEXTS: &[(&str, &str)] = &[
    ("operating.md", include_str!("../../cb-runtime/src/guide/operating.md")),
    ("README.md", include_str!("../../README.md")),
    #[cfg(feature = "redis")]
    ("many_instances.md", include_str!("../../cb-runtime/src/guide/many_instances.md")),
];

/// Instances that meet in memory.
#[cfg(feature = "redis")]
async fn share() {
    use cb_runtime::{Exchange, SharedOptions, SharedState};

    let state = SharedState::in_memory(&Exchange::new(), SharedOptions::new()).unwrap();
    let shared = registry().share(state).unwrap();
    while !shared.status().connected {
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
}

/// The lines of the blocks of `sh` that begin with `curl`.
fn lines(text: &str) -> Vec<&str> {
    let (mut in_block, mut found) = (false, Vec::new());
    for line in text.lines().map(str::trim) {
        match line.strip_prefix("```") {
            Some(kind) => in_block = kind == "sh",
            None if in_block && line.starts_with("curl ") => found.push(line),
            None => {}
        }
    }
    found
}

async fn serve(auth: Auth) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(admin::serve_on(listener, registry(), auth));
    address
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_line_of_curl_in_the_documentation_works() {
    if Command::new("curl").arg("--version").stdout(Stdio::null()).status().await.is_err() {
        assert!(std::env::var_os("CI").is_none(), "curl is not installed");
        eprintln!("curl is not installed: nothing is tested");
        return;
    }
    assert_eq!(order(7).await.unwrap(), 7);
    assert_eq!(balance("acme").await.unwrap(), 4);
    #[cfg(feature = "redis")]
    share().await;
    let (with_tokens, on_loopback) =
        (serve(Auth::tokens("", TOKEN)).await, serve(Auth::loopback_only()).await);
    let mut count = 0;
    for (file, text) in TEXTS {
        for line in lines(text) {
            let is_endless = line.contains("/events");
            let limit = if is_endless { "1" } else { "20" };
            // What was answered is told behind the answer.
            let line = line
                .replace("http://127.0.0.1:9090", &format!("http://{on_loopback}"))
                .replacen("curl ", &format!("curl -m {limit} -w '\\n%{{http_code}}' "), 1);
            let ran = Command::new("sh")
                .args(["-c", &line])
                .env("CB", format!("http://{with_tokens}"))
                .env("LOOPBACK", format!("http://{on_loopback}"))
                .env("TOKEN", TOKEN)
                .env("no_proxy", "*")
                .output()
                .await
                .unwrap();
            let (said, wrong) =
                (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
            assert!(said.ends_with("\n200"), "{file}: {line}\n{said}{wrong}");
            // 28: the time was over, as it is with what has no end.
            let code = if is_endless { 28 } else { 0 };
            assert_eq!(ran.status.code(), Some(code), "{file}: {line}\n{said}{wrong}");
            count += 1;
        }
    }
    assert!(count >= 25, "{count} lines were found");
    for operated in ["orders/db", "tenants[acme]"] {
        assert!(!registry().get(operated).unwrap().history().is_empty(), "{operated}");
    }
}
