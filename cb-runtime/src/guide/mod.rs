//! Longer texts, by question. Nothing in here is code that a program can call.

#[doc = include_str!("choosing_a_fallback.md")]
pub mod choosing_a_fallback {}

#[doc = include_str!("coming_from.md")]
pub mod coming_from {}

#[cfg(feature = "config")]
#[doc = include_str!("configuration.md")]
pub mod configuration {}

#[cfg(feature = "redis")]
#[doc = include_str!("many_instances.md")]
pub mod many_instances {}
#[cfg(all(feature = "admin", not(cb_loom)))]
#[doc = include_str!("operating.md")]
pub mod operating {}

#[cfg(feature = "testing")]
#[doc = include_str!("testing_your_breakers.md")]
pub mod testing_your_breakers {}

#[doc = include_str!("troubleshooting.md")]
pub mod troubleshooting {}
