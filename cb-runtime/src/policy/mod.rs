//! When to open, for how long, and which calls to shed before: rules over settings and counts,
//! without state of their own.

mod open_time;
mod shed;
mod trip;

pub(crate) use open_time::open_time;
pub(crate) use shed::shed_probability;
pub use trip::OpenReason;
pub(crate) use trip::{on_failure, on_slow_success};
