//! Longer texts, by question. Nothing in here is code that a program can call.

#[doc = include_str!("choosing_a_fallback.md")]
pub mod choosing_a_fallback {}

#[cfg(feature = "config")]
#[doc = include_str!("configuration.md")]
pub mod configuration {}

#[cfg(feature = "redis")]
#[doc = include_str!("many_instances.md")]
pub mod many_instances {}
