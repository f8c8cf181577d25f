//! Circuit breakers for async Rust: they keep a program up while the services it depends on are down.
//!
//! The way in is the attribute [`circuit_breaker`]:
//!
//! ```
//! # use cb_runtime::circuit_breaker;
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
//! # What a breaker does
//!
//! **Closed**, it lets calls pass and counts failures in a row. At `failure_threshold` it **opens**:
//! calls are rejected at once, with [`CircuitError::Open`] or by the fallback, so that callers do not
//! wait and the service is left alone. After `recovery_timeout` it is **half-open**: up to
//! `half_open_max_calls` probes pass at a time. `success_threshold` successes close it, the first
//! failure opens it again. A probe that is cancelled gives its permit back; one that hangs loses it
//! after `probe_timeout`.
//!
//! A call belongs to the state that admitted it. If it ends in a later one, it adds to the totals and
//! changes nothing else.
//!
//! Time is tokio's: `#[tokio::test(start_paused = true)]` drives every breaker. Outside a runtime it
//! is the system's monotonic clock. The first opening starts one thread that watches when breakers
//! are due to admit a probe, so that rejections need not read the clock; where tokio is built with
//! `test-util`, they read it instead.
//!
//! # Where things are
//!
//! | | |
//! |---|---|
//! | [`circuit_breaker`] | the attribute, and every key and form of fallback |
//! | [`CircuitBreaker`], [`Permit`], [`Config`] | breakers made by hand |
//! | [`Window`], [`Backoff`], [`HealthCheck`] | settings of several parts |
//! | [`registry()`], [`Registry`] | breakers by name |
//! | [`declarations()`] | what the program's attributes say |
//! | [`CircuitError`], [`CallError`] | what a call gets when the breaker answers |
//! | [`Snapshot`] | a breaker at one moment |
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `macros` | yes | the attribute [`circuit_breaker`] |
#![cfg_attr(
    cb_loom,
    allow(
        dead_code,
        unused_imports,
        reason = "a build for the loom tests, which use a part of it"
    )
)]

#[doc(hidden)]
pub mod __private;
mod answer;
mod breaker;
mod clock;
mod config;
mod describe;
mod error;
mod name;
mod observe;
mod policy;
mod primitive;
mod registry;
mod window;

#[cfg(feature = "macros")]
#[doc = include_str!("attribute.md")]
pub use cb_macros::circuit_breaker;

pub use breaker::{CircuitBreaker, Mode, OpenReason, Opening, Permit, State, TransitionReason};
pub use config::{Backoff, Config, ConfigBuilder, ConfigError, HealthCheck, HealthFuture, Window};
pub use error::{CallError, CircuitError};
pub use name::{Name, NameError};
pub use observe::{
    event::{Counts, Event, Rejection, SettingChange},
    hub::Missed,
    latency::ResponseTimes,
    snapshot::{Snapshot, Totals},
};
pub use registry::{
    Conflict, Conflicts, Declaration, Declarations, RegisterError, Registry, Selector,
    Subscription, declarations, registry,
};
