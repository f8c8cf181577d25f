//! What several examples need beside what they show: services to call, and a screen to write to.

pub mod screen;
pub mod service;
