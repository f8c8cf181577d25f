//! The breaker: its handle, its permits, and what is under them.

pub(crate) mod call;
pub(crate) mod core;
mod handle;
mod ledger;
pub(crate) mod limit;
pub(crate) mod machine;
mod opening;
pub(crate) mod permit;
pub(crate) mod refusal;
mod slot;
pub(crate) mod stakes;
mod state;
mod stripes;
pub(crate) mod ticket;
mod timer;

pub use handle::CircuitBreaker;
pub use opening::{OpenReason, Opening};
pub use permit::Permit;
pub use state::{Mode, State};

#[cfg(all(test, cb_loom))]
mod loom_tests;
#[cfg(all(test, not(cb_loom)))]
mod machine_tests;
