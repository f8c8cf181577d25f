//! Longer texts, by question. Nothing in here is code that a program can call.
//!
//! In an order in which they can be read:
//!
//! | | when | what |
//! |---|---|---|
//! | 1 | first | [Concepts](concepts): the states, the words, where to put a breaker |
//! | 2 | with your first function | [Choosing a fallback](choosing_a_fallback): a default, the last good value, another service, a queue, an honest error |
//! | 3 | | [Choosing settings](choosing_settings): which numbers, and where they come from |
//! | 4 | before you release it | [Testing your breakers][`guide::testing_your_breakers`] (feature `testing`): outages in no time, without a service |
//! | 5 | | [Configuration][`guide::configuration`] (feature `config`): files, variables, and which layer stands over which |
//! | 6 | when it runs | [Operating][`guide::operating`] (feature `admin`): the management API with a line of `curl` for everything |
//! | 7 | | [Many instances][`guide::many_instances`] (feature `redis`): what is shared, what is promised, what it costs |
//! | 8 | when you wonder | [Troubleshooting](troubleshooting): stays open, opens too often or never, recovers slowly, a fallback that does not answer |
//! | | if you come from elsewhere | [Coming from another library](coming_from): resilience4j, Polly, pybreaker, tower-resilience, failsafe |
//!
//! Those with a feature are there with it. Every key of the attribute is in the documentation of
//! [`circuit_breaker`](crate::circuit_breaker).
//!
#![cfg_attr(feature = "full", doc = include_str!("links/local.md"))]
#![cfg_attr(not(feature = "full"), doc = include_str!("links/docs_rs.md"))]

#[doc = include_str!("concepts.md")]
pub mod concepts {}

#[doc = include_str!("choosing_a_fallback.md")]
pub mod choosing_a_fallback {}

#[doc = include_str!("choosing_settings.md")]
pub mod choosing_settings {}

#[cfg(feature = "testing")]
#[doc = include_str!("testing_your_breakers.md")]
pub mod testing_your_breakers {}

#[cfg(feature = "config")]
#[doc = include_str!("configuration.md")]
pub mod configuration {}

#[cfg(all(feature = "admin", not(cb_loom)))]
#[doc = include_str!("operating.md")]
pub mod operating {}

#[cfg(feature = "redis")]
#[doc = include_str!("many_instances.md")]
pub mod many_instances {}

#[doc = include_str!("troubleshooting.md")]
pub mod troubleshooting {}

#[doc = include_str!("coming_from.md")]
pub mod coming_from {}
