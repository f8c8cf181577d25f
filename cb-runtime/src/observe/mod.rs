//! What can be seen of a breaker from outside.

pub(crate) mod alert_bounds;
pub(crate) mod alerts;
pub(crate) mod event;
pub(crate) mod figures;
pub(crate) mod health;
pub(crate) mod hub;
pub(crate) mod latency;
pub(crate) mod log;
pub(crate) mod look;
pub(crate) mod operation;
pub(crate) mod outcome;
pub(crate) mod recommend;
pub(crate) mod rejections;
pub(crate) mod snapshot;
pub(crate) mod text;
pub(crate) mod together;
pub(crate) mod trend;
