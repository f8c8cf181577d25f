//! What is logged of changes, made and refused.

use std::{
    fmt::{self, Write as _},
    sync::{Arc, Mutex},
};

use cb_runtime::Config;
use reqwest::Method;
use serde_json::json;
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

use crate::server::{Answer, READ, WRITE, server};

/// Keeps what is logged for the audit.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<(Level, String)>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = write!(self.0, "{}={value:?} ", field.name());
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "cb_runtime::audit"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        self.0.lock().unwrap().push((*event.metadata().level(), line.0));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The only test here: other threads than the test's log too.
#[test]
fn each_change_is_one_line_and_refusals_are_one_a_second() {
    let log = Log::default();
    let lines = Arc::clone(&log.0);
    tracing::subscriber::set_global_default(log).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let server = server().await;
        // Others in this program log too: this name is this test's alone.
        server.breaker("audited", Config::builder());
        server.breaker("audited-too", Config::builder());
        let of = |what: &str| -> Vec<(Level, String)> {
            let lines = lines.lock().unwrap();
            lines.iter().filter(|(_, line)| line.contains(what)).cloned().collect()
        };

        let reason = "a\nb\u{1b}[31m";
        server.post("/reset-all", json!({"reason": reason})).await.json();
        let told = of("audited");
        assert_eq!(told.len(), 1, "{told:?}");
        let (level, line) = &told[0];
        assert_eq!(*level, Level::INFO);
        assert!(line.contains("reset of 2 circuit breakers"), "{line}");
        assert!(line.contains("by the write token from 127.0.0.1:"), "{line}");
        assert!(line.contains("because: a\\nb\\u{1b}[31m"), "{line}");
        assert!(!line.contains('\n') && !line.contains('\u{1b}'), "{line}");

        #[cfg(feature = "redis")]
        {
            use cb_runtime::{Exchange, SharedOptions, SharedState};

            let state = SharedState::in_memory(&Exchange::new(), SharedOptions::new()).unwrap();
            let shared = server.registry.share(state).unwrap();
            while !shared.status().connected {
                tokio::time::sleep(std::time::Duration::from_millis(2)).await;
            }
            let body = json!({"mode": "disabled", "for": "10m", "scope": "cluster"});
            server.post("/mode/audited-too", body).await.json();
            let told = of("`audited-too` in all instances");
            assert_eq!(told.len(), 1, "{told:?}");
            let line = &told[0].1;
            let said = "mode of circuit breaker `audited-too` in all instances to disabled for 10m, by the write token";
            assert!(line.contains(said), "{line}");
            assert!(line.contains("scope=\"cluster\""), "{line}");
        }

        for _ in 0..50 {
            let request = server.plain(Method::POST, "/reset/audited%0A").bearer_auth(READ);
            Answer::of(request).await.problem(403);
        }
        let refused = of("refused POST /reset/audited");
        assert!((1..25).contains(&refused.len()), "{refused:?}");
        assert_eq!(refused[0].0, Level::WARN);
        assert!(refused[0].1.contains("by the read token"), "{refused:?}");

        for token in [READ, WRITE] {
            assert!(of(token).is_empty(), "a token is in the log");
        }
    });
}
