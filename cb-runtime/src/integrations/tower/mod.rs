#![doc = include_str!("tower.md")]

mod classify;
mod future;
mod later;
mod layer;
mod reject;
mod service;
mod which;

pub use classify::{Classify, ErrorsOnly, HttpStatus};
pub use future::ResponseFuture;
pub use later::{InFuture, OnThread, WaitsFor};
pub use layer::CircuitBreakerLayer;
pub use reject::{AsCallError, AsInnerError, AsResponse, Reject, service_unavailable};
pub use service::CircuitBreakerService;
pub use which::{BreakerOf, Breakers, ByKey, Given, Many, Named, OfHost, OfKey, One, PerHost};

pub use crate::integrations::outcome::Outcome;

mod sealed {
    /// Keeps a trait to the types of this module.
    pub trait Sealed {}
}
