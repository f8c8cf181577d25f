//! Longer texts, by question. Nothing in here is code that a program can call.

#[doc = include_str!("choosing_a_fallback.md")]
pub mod choosing_a_fallback {}

#[cfg(feature = "config")]
#[doc = include_str!("configuration.md")]
pub mod configuration {}

#[cfg(all(feature = "admin", not(cb_loom)))]
#[doc = include_str!("operating.md")]
pub mod operating {}
