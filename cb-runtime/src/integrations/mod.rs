//! Breakers around the clients and servers of other libraries.
//!
//! | | feature | |
//! |---|---|---|
//! | `tower` | `tower` | any `tower::Service`: clients and servers of hyper, axum, tonic and reqwest |
//! | `reqwest` | `reqwest` | a client of `reqwest` with `reqwest_middleware` |
//!
//! They go by the same breakers as the attribute, with the same settings, events and totals.

mod http;
mod outcome;
#[cfg(feature = "reqwest")]
pub mod reqwest;
#[cfg(feature = "tower")]
pub mod tower;

pub use http::retry_after;
#[cfg(feature = "tower")]
use outcome::Outcome;
