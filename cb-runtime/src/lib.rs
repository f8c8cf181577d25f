//! Circuit breakers for async Rust: they keep a program up while the services it depends on are down.
//!
//! The way in is the attribute [`circuit_breaker`] on a function that calls a service:
//!
//! ```
//! use cb_runtime::circuit_breaker;
//!
//! #[circuit_breaker(name = "prices", failure_threshold = 3, fallback = last_known_price)]
//! async fn price(article: u32) -> anyhow::Result<f64> {
//!     anyhow::bail!("the service is down")
//! }
//!
//! async fn last_known_price(article: u32) -> anyhow::Result<f64> {
//!     Ok(9.5)
//! }
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! # assert_eq!(price(1).await.unwrap(), 9.5);
//! # });
//! ```
//!
//! `price` is called as before. While the service fails, the fallback answers, and the compiler has checked
//! that it can. After three failures in a row the service is not even asked: for a minute nobody waits for it.
//! Then one call tries it, and if that succeeds, everything is as before. Without a fallback, callers get an
//! error at once.
//!
//! # What a breaker does
//!
//! **Closed**, it lets calls pass and counts failures. It **opens** as soon as one of its policies says
//! so, and then rejects calls at once, with [`CircuitError::Open`] or by the fallback, so that callers do
//! not wait and the service is left alone. After `recovery_timeout` it is **half-open**: up to
//! `half_open_max_calls` probes pass at a time. `success_threshold` successes close it, the first
//! failure opens it again. A probe that is cancelled gives its permit back; one that hangs loses it
//! after `probe_timeout`.
//!
//! | opens at | settings |
//! |---|---|
//! | so many failures in a row | `failure_threshold` |
//! | a share of failures in the window | `failure_rate`, `window`, `min_calls` |
//! | a share of slow calls in the window | `slow_call`, `slow_call_rate`, `window`, `min_calls` |
//! | an error that says how long to stay away | `open_for` |
//! | a word from an operator | [`CircuitBreaker::force_open`] |
//!
//! All that are set are in force together; for one that goes by rates alone, set `failure_threshold` to
//! `u32::MAX`. A window of calls holds exactly the latest so many judged calls, one of time those that
//! ended in the latest so long, in sixteen slices: what has left it may count for one slice more.
//! Windows slide, are empty after each change of state, and take no memory for a success.
//!
//! A call belongs to the state that admitted it. If it ends in a later one, it adds to the totals and
//! changes nothing else.
//!
//! Time is tokio's: `#[tokio::test(start_paused = true)]` drives every breaker. Outside a runtime it
//! is the system's monotonic clock. The first opening, or the first call through a breaker with a window
//! of time, starts one thread that watches when breakers are due to admit a probe and when a slice of a
//! window ends, so that calls need not read the clock; where tokio is built with `test-util`, they
//! read it instead.
//!
//! What a single call costs is two or three atomic steps without a lock while the breaker is closed, and
//! the same while it is open. Failures, slow calls and probes take a lock for some tens of nanoseconds.
//! Every call reads the clock twice where `slow_call` is set.
//!
//! # Where things are
//!
//! | where | what |
//! |---|---|
//! | [`circuit_breaker`] | the attribute, and every key and form of fallback |
//! | [`guide`] | longer texts by question, in an order in which they can be read |
//! | [`guide::concepts`] | the states, the words, and where to put a breaker |
//! | [`guide::choosing_a_fallback`] | what to answer while a service is down |
//! | [`guide::choosing_settings`] | which numbers to write, and where they come from |
//! | [`guide::testing_your_breakers`], [`testing`] (feature `testing`) | tests of what a program does while a service is down: a registry for each, `assert_state!`, `trip` |
//! | [`guide::configuration`], [`Source`] (feature `config`) | files, variables and layers of settings |
//! | [`guide::operating`], [`admin`] (feature `admin`) | the management API and the dashboard |
//! | [`guide::many_instances`], [`SharedState`] (feature `redis`) | breakers that several instances of a program share |
//! | [`guide::troubleshooting`] | a breaker that stays open, opens too often or never, or whose fallback does not answer |
//! | [`guide::coming_from`] | what resilience4j, Polly, pybreaker, tower-resilience and failsafe call what |
//! | [`integrations`] (features `tower`, `reqwest`) | breakers around clients and servers of other libraries |
//! | [`Registry::explain`] | which value each setting has, and why |
//! | [`CircuitBreaker`], [`Permit`], [`Config`] | breakers made by hand |
//! | [`Window`], [`Backoff`], [`HealthCheck`] | settings of several parts |
//! | [`registry()`], [`Registry`] | breakers by name |
//! | [`declarations()`] | what the program's attributes say |
//! | [`CircuitError`], [`CallError`] | what a call gets when the breaker answers |
//! | [`Snapshot`] | a breaker at one moment |
//! | [`StaleStore`], [`MemoryStore`], [`DiskStore`] (feature `disk-cache`) | where last good answers are kept |
//! | [`Registry::health`], [`Registry::alerts`], [`Registry::recommendations`], [`Registry::should_continue`] | how all breakers are together, and what ought to be looked at |
//! | [`prometheus`], [`otel`] (features of these names) | metrics, read when they are asked for |
//! | [`Event`], [`Subscription`], [`Registry::on_transition`], [`Registry::on_degraded`] | what happens to breakers |
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `macros` | yes | the attribute [`circuit_breaker`] |
//! | `disk-cache` | no | [`DiskStore`]: stale answers that survive a restart. Needs Rust 1.91 and a C compiler |
//! | `testing` | no | the module [`testing`]: a registry for each test. For `[dev-dependencies]`; in a program, a call looks at one flag more |
//! | `export` | no | [`Registry::export`] and [`Registry::export_to`]: all that is known of a registry, as JSON |
//! | `config` | no | [`Source`]: settings from a file in TOML or JSON and from environment variables |
//! | `admin` | no | the module [`admin`]: the management API over HTTP, and its dashboard |
//! | `prometheus` | no | the module [`prometheus`]: the breakers' figures for Prometheus, as text or as a [`Collector`][`prometheus::Collector`] of `prometheus-client` |
//! | `otel` | no | the module [`otel`]: the same figures as instruments of OpenTelemetry |
//! | `redis` | no | [`SharedState`]: breakers that several instances of a program share through Redis, one server, behind Sentinels, or a Cluster |
//! | `redis-tls` | no | the same over TLS, `rediss://`. Needs a C compiler |
//! | `cli` | no | the command `cbctl`, which sees and steers breakers over the management API: `cargo install cb-runtime --features cli` |
//! | `tower` | no | the module [`integrations::tower`]: a layer for any `tower::Service`, so for hyper, axum, tonic and reqwest |
//! | `reqwest` | no | the module [`integrations::reqwest`]: a middleware for clients of `reqwest_middleware` |
//! | `full` | no | all of them |
//!
//! # Other crates in this one's interface
//!
//! Of these, types or traits are to be seen in what a program writes. A program that has another version
//! of one beside it will find that they do not fit; a new one here is a change that breaks programs.
//!
//! | crate | version | where |
//! |---|---|---|
//! | `tokio` | 1 | `time::Instant` in [`Opening::since`] and [`CircuitError::ForcedOpen`] |
//! | `serde` | 1 | `Serialize` of [`Snapshot`], [`Event`], [`Health`] and others; `DiskStore` |
//! | `serde_json` | 1 | `Registry::export` |
//! | `axum` | 0.8 | `admin::router`; it is re-exported as `admin::axum` |
//! | `http` | 1 | `integrations::tower`, `integrations::retry_after` |
//! | `tower-layer`, `tower-service` | 0.3 | `integrations::tower` |
//! | `reqwest-middleware` | 0.5 | `integrations::reqwest` |
//! | `prometheus-client` | 0.25 | `prometheus::Collector` |
//! | `opentelemetry` | 0.33 | `otel::observe` |
//!
//! That answers of the API implement `ToSchema` of `utoipa` is for this crate's own use, and what is
//! `#[doc(hidden)]` is for what the attribute expands to; neither is a promise.
//!
// What is here with a feature alone is linked where all features are, as on docs.rs, and else over there.
#![cfg_attr(feature = "full", doc = include_str!("guide/links/local.md"))]
#![cfg_attr(not(feature = "full"), doc = include_str!("guide/links/docs_rs.md"))]
#![cfg_attr(docsrs, feature(doc_cfg), doc(auto_cfg(hide(cb_loom))))]
#![cfg_attr(
    cb_loom,
    allow(
        dead_code,
        unused_imports,
        reason = "a build for the loom tests, which use a part of it"
    )
)]
#![cfg_attr(
    all(not(cb_loom), not(all(feature = "config", feature = "prometheus", feature = "otel"))),
    allow(
        dead_code,
        reason = "what files may say is in the layers, and what is measured for others is counted, all the same"
    )
)]

#[doc(hidden)]
pub mod __private;
#[cfg(all(feature = "admin", not(cb_loom)))]
pub mod admin;
mod answer;
mod breaker;
#[cfg(all(feature = "cli", not(cb_loom)))]
#[doc(hidden)]
pub mod cli;
mod clock;
mod config;
mod describe;
mod error;
mod fallback;
pub mod guide;
#[cfg(all(any(feature = "tower", feature = "reqwest"), not(cb_loom)))]
pub mod integrations;
mod isolation;
mod name;
mod observe;
#[cfg(all(feature = "otel", not(cb_loom)))]
pub mod otel;
mod pattern;
mod policy;
mod primitive;
#[cfg(all(feature = "prometheus", not(cb_loom)))]
pub mod prometheus;
mod registry;
#[cfg(all(feature = "redis", not(cb_loom)))]
mod shared;
#[cfg(feature = "testing")]
pub mod testing;
mod window;

#[cfg(feature = "macros")]
#[doc = include_str!("attribute.md")]
pub use cb_macros::circuit_breaker;

pub use breaker::{CircuitBreaker, Mode, OpenReason, Opening, Permit, State, TransitionReason};
/// For the crate `fuzz`: whether what must be true of every text that is read as a configuration is.
#[cfg(cb_fuzz)]
#[doc(hidden)]
pub use config::file::rewrite::check_both as check_config;
pub use config::{
    Backoff, Config, ConfigBuilder, ConfigError, ExplainedCalls, ExplainedSetting, Explanation,
    HealthCheck, HealthFuture, Origin, Overridden, Window,
};
#[cfg(feature = "config")]
pub use config::{CONFIG_SCHEMA, ConfigProblem, LoadError, Source};
pub use error::{CallError, CircuitError, Failure};
#[cfg(all(feature = "disk-cache", not(cb_loom)))]
pub use fallback::{DiskStore, DiskStoreBuilder, DiskStoreError};
pub use fallback::{MemoryStore, StaleAnswer, StaleStore};
pub use name::{Name, NameError};
pub use observe::{
    alert_bounds::AlertBounds,
    alerts::{Alert, AlertKind, Severity},
    event::{Counts, Event, FallbackResult, Rejection, SettingChange},
    health::{BreakerCounts, Health, Verdict},
    hub::Missed,
    latency::ResponseTimes,
    operation::{Action, Scope},
    outcome::HandlerOutcome,
    recommend::Recommendation,
    snapshot::{Snapshot, Totals},
    together::{SharedBreaker, SharedMode, SharedSettings, SharedStatus},
};
#[cfg(feature = "export")]
pub use registry::ExportError;
pub use registry::{
    Conflict, Conflicts, Declaration, Declarations, RegisterError, Registry, Selector,
    Subscription, declarations, registry,
};
#[cfg(feature = "config")]
pub use registry::{Loaded, WatchError};
#[cfg(all(feature = "redis", not(cb_loom)))]
pub use shared::{
    Exchange, ExchangeTraffic, OpenOn, SharedError, SharedHandle, SharedOptions, SharedState,
    SharedStateError,
};
