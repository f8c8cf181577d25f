//! What several examples need beside what they show: services to call, servers, and a screen to write to.

pub mod postgres;
pub mod redis;
pub mod screen;
pub mod servers;
pub mod service;
pub mod stand_in;
