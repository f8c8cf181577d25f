//! Breakers that several instances of a program share.
//!
//! ```text
//! breaker ── events ──▶ link ── requests ──▶ store (in memory, Redis)
//!    ▲                   │ ▲                   │
//!    └──── adopts ───────┘ └── what changed ◀──┘
//!    └──── asks for leases ▶ office ▶ link
//! ```
//!
//! [`wire`] has what is said, [`book`] what the store decides, [`link`] the instance's side, and
//! [`office`] the counter at which calls ask for leases. Nothing of it is on the way of a call but the
//! office, and that of a probe only.

mod book;
mod error;
mod handle;
mod link;
mod memory;
mod office;
mod options;
mod redis;
mod seen;
mod state;
pub(crate) mod status;
mod store;
mod wire;

pub use error::{SharedError, SharedStateError};
pub use handle::SharedHandle;
pub(crate) use link::Breakers;
pub use memory::{Exchange, ExchangeTraffic};
pub use options::{OpenOn, SharedOptions};
pub use state::SharedState;
