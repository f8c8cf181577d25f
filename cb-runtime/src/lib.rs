//! Circuit breakers.
#![cfg_attr(cb_loom, allow(dead_code, unused_imports))]

#[doc(hidden)]
pub mod __private;
mod answer;
mod breaker;
mod clock;
mod config;
#[doc(hidden)]
pub mod describe;
mod error;
mod name;
mod observe;
mod primitive;
mod registry;

#[cfg(feature = "macros")]
pub use cb_macros::circuit_breaker;

pub use breaker::{CircuitBreaker, Mode, OpenReason, Opening, Permit, State};
pub use config::{Config, ConfigBuilder, ConfigError};
pub use error::{CallError, CircuitError};
pub use name::{Name, NameError};
pub use observe::{
    latency::ResponseTimes,
    snapshot::{Snapshot, Totals},
};
pub use registry::{
    Conflict, Conflicts, Declaration, Declarations, RegisterError, Registry, declarations, registry,
};
