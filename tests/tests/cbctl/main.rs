//! `cbctl`, the real one, against a real server.
#![cfg(feature = "cli")]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a helper of a test fails the test"
)]

mod check;
#[cfg(feature = "redis")]
mod cluster;
mod events;
mod monitor;
mod refusals;
mod run;
mod see;
mod server;
mod steer;
mod terminal;
mod tls;
