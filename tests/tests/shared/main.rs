//! Breakers that several instances share: in memory on a paused clock, and through a real Redis that is
//! killed, frozen, slowed down, started empty and cut off.

#![cfg(feature = "redis")]
#![allow(clippy::panic, clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod addresses;
mod bad_input;
mod clocks;
mod cost;
mod faults;
mod groups;
mod many;
mod memory;
mod node;
mod processes;
mod proxy;
mod scene;
mod secrets;
mod through_redis;
mod tls;
mod traffic;
mod waiting;

use cb_examples::redis as server;
