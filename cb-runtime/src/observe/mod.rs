//! What can be seen of a breaker from outside.

pub(crate) mod event;
pub(crate) mod hub;
pub(crate) mod latency;
pub(crate) mod log;
pub(crate) mod snapshot;
pub(crate) mod text;
