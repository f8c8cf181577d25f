//! When to open, for how long, and which calls to shed before: rules over settings and counts,
//! without state of their own. And what stands around each call of one function: its retries and its
//! bulkhead, and those settings of it that may change while the program runs.

mod bulkhead;
mod call_settings;
mod calls;
mod open_time;
mod published;
mod retry;
mod shed;
mod trip;

pub use bulkhead::{Bulkhead, Inside, Slot};
pub use call_settings::CallSettings;
pub use calls::Calls;
pub(crate) use open_time::open_time;
pub use retry::{Attempts, RetryPolicy};
pub(crate) use shed::shed_probability;
pub use trip::OpenReason;
pub(crate) use trip::{on_failure, on_slow_success};
