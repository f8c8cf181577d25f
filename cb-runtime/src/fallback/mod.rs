//! Answers for when the service gives none: the last good ones, and where they are kept.

#[cfg(all(feature = "disk-cache", not(cb_loom)))]
mod disk;
mod memory;
mod shelf;
mod stale;

#[cfg(all(feature = "disk-cache", not(cb_loom)))]
pub use disk::{DiskStore, DiskStoreBuilder, DiskStoreError};
pub use memory::MemoryStore;
pub use stale::{StaleAnswer, StaleStore};
