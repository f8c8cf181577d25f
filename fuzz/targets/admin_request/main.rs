//! Requests to the management API, each as in HTTP/1.1: a line with method and target, headers, an empty
//! line, a body. A line of `%%` ends a request where another follows.

#![no_main]

mod answered;
mod request;

use cb_runtime::{
    Config, HealthCheck, Registry,
    admin::{self, Auth},
};
use libfuzzer_sys::{Corpus, fuzz_target};
use tokio::runtime::{Builder, Runtime};

/// Longer input is not tried, for the sake of the number of those that are.
const LONGEST: usize = 2048;

/// Without which nothing may be changed where there are tokens.
pub(crate) const WRITE: &str = "write";

fuzz_target!(|bytes: &[u8]| -> Corpus {
    if bytes.len() > LONGEST {
        return Corpus::Reject;
    }
    let requests: Vec<_> = request::all(bytes).collect();
    if requests.is_empty() {
        return Corpus::Reject;
    }
    RUNTIME.with(|runtime| {
        runtime.block_on(async {
            for auth in [Auth::tokens("read", WRITE), Auth::loopback_only()] {
                let registry = registry();
                let router = admin::router(&registry, auth);
                for request in &requests {
                    answered::check(&registry, &router, request).await;
                }
            }
        });
    });
    Corpus::Keep
});

thread_local! {
    static RUNTIME: Runtime = runtime();
}

#[allow(clippy::expect_used, reason = "without it there is nothing to be done")]
fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().build().expect("a runtime")
}

/// With a breaker of each kind that is answered differently.
#[allow(clippy::expect_used, reason = "these settings are right")]
fn registry() -> Registry {
    let registry = Registry::new();
    let check = HealthCheck::new("ping", || Box::pin(async { Err("no\u{1b}answer".to_owned()) }));
    for (name, settings) in [
        ("db", Config::builder().service_type("database").critical(true)),
        ("shop/pay", Config::builder().health_check(check)),
        ("open", Config::builder().window(cb_runtime::Window::Calls(20)).failure_rate(0.5)),
    ] {
        let settings = settings.build().expect("they fit");
        let breaker = registry.get_or_register(name, settings).expect("a name");
        if name == "open" {
            breaker.force_open();
        }
    }
    registry
}
