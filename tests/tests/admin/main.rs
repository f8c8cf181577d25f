//! The management API, asked over a real connection.
#![cfg(feature = "admin")]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod see;
mod server;
