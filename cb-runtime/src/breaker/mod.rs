//! The breaker: its handle, its permits, and what is under them.

#[cfg(feature = "redis")]
pub(crate) mod adopt;
pub(crate) mod call;
pub(crate) mod change;
pub(crate) mod core;
mod handle;
#[cfg(feature = "redis")]
pub(crate) mod lease;
mod ledger;
pub(crate) mod limit;
pub(crate) mod machine;
mod opening;
mod openings;
mod operator;
mod outbox;
pub(crate) mod permit;
pub(crate) mod place;
mod probes;
pub(crate) mod refusal;
pub(crate) mod retry;
mod settling;
mod slot;
mod slow;
pub(crate) mod span;
pub(crate) mod stakes;
mod state;
mod stripes;
mod tally;
pub(crate) mod ticket;
mod timer;

pub use change::TransitionReason;
pub use handle::CircuitBreaker;
pub use opening::Opening;
pub use permit::Permit;
pub use state::{Mode, State};

pub use crate::policy::OpenReason;

#[cfg(all(test, cb_loom))]
mod loom_tests;
#[cfg(all(test, not(cb_loom)))]
mod machine_tests;
