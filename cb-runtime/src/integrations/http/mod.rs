//! What answers and requests of HTTP tell a breaker.

mod grpc;
mod host;
mod retry_after;
mod status;

pub(crate) use host::Host;
pub use retry_after::retry_after;
pub(crate) use status::judge;
