//! Answers for when the service gives none: the last good ones, where they are kept, and those of
//! registered fallbacks.

pub(crate) mod call;
#[cfg(all(feature = "disk-cache", not(cb_loom)))]
mod disk;
pub(crate) mod key;
mod memory;
pub(crate) mod registered;
mod shelf;
mod stale;

#[cfg(all(feature = "disk-cache", not(cb_loom)))]
pub use disk::{DiskStore, DiskStoreBuilder, DiskStoreError};
pub use memory::MemoryStore;
pub use stale::{StaleAnswer, StaleStore};
