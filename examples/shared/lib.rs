//! What several examples need beside what they show: servers and services, and a screen to write to.

pub mod aside;
pub mod changes;
pub mod postgres;
pub mod redis;
pub mod screen;
pub mod servers;
pub mod service;
pub mod stand_in;
