//! The dashboard, as a browser shows it: a real one, at a real server.
#![cfg(feature = "admin")]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod browser;
mod connection;
mod driver;
mod files;
mod looks;
mod many;
mod server;
#[cfg(feature = "redis")]
mod shared;
mod steering;

pub(crate) use browser::{Browser, open};
pub(crate) use server::Server;
