//! The management API, asked over a real connection.
#![cfg(feature = "admin")]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod audit;
#[cfg(feature = "redis")]
mod cluster;
mod events;
mod guard;
mod hostile;
mod openapi;
mod random;
mod see;
mod serve;
mod server;
mod steer;
mod test_service;
