//! Breakers that several instances share: in memory on a paused clock, and through a real Redis that is
//! killed, frozen, slowed down, started empty and cut off.

#![cfg(feature = "redis")]
#![allow(clippy::panic, clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod cost;
mod faults;
mod memory;
mod processes;
mod proxy;
mod scene;
#[path = "../../../examples/stale_redis/server.rs"]
mod server;
mod simulated;
mod through_redis;
mod traffic;
mod waiting;
