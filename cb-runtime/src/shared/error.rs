//! What can be wrong with shared state.

use std::{io, time::Duration};

use crate::error::show;

/// Why breakers cannot be shared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SharedStateError {
    /// The address is none that can be understood. What it was is not repeated, as there may be a
    /// password in it.
    #[error(
        "the address of Redis cannot be understood: {0}; write `redis://HOST:PORT`, \
         `redis://USER:PASSWORD@HOST:PORT/DB`, `unix:///PATH`, `redis+sentinel://HOST,HOST/SERVICE` or \
         `redis+cluster://HOST:PORT,HOST:PORT`, and `rediss` in the place of `redis` for TLS"
    )]
    Url(String),
    /// Redis cannot be spoken to over TLS: the feature `redis-tls` is not enabled, or the certificates or
    /// the key are none.
    #[error("TLS to Redis cannot be had: {0}")]
    Tls(String),
    /// The prefix is empty, or has `{` or `}` in it, which Redis Cluster needs.
    #[error("`prefix` must not be empty nor contain `{{` or `}}`, but is `{0}`")]
    Prefix(String),
    /// Not a number of instances, and no share of them.
    #[error(
        "`open_on` must be `any`, a number of instances from 1 on, or a share of them such as `50%`, but is `{0}`"
    )]
    OpenOn(String),
    /// A time is too short or too long.
    #[error(
        "`{name}` must be at least {} and at most {}, but is {}", show(*least), show(*most), show(*time)
    )]
    #[non_exhaustive]
    Time {
        /// The setting.
        name: &'static str,
        /// What it is.
        time: Duration,
        /// The shortest it may be.
        least: Duration,
        /// The longest.
        most: Duration,
    },
    /// The registry shares its breakers already.
    #[error(
        "this registry shares its breakers already: call `leave` on what `share` returned first"
    )]
    Shared,
    /// No thread could be started.
    #[error("no thread can be started for the shared state: {0}")]
    Thread(#[from] io::Error),
}

/// Why something was not done for all instances.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SharedError {
    /// The store is away. Nothing was changed, or nobody knows.
    #[error("the shared store is away: {0}; nothing was changed here")]
    Away(String),
    /// The registry has left.
    #[error("this registry does not share its breakers any more")]
    Left,
    /// The settings are none that could be in force.
    #[error("these settings cannot be shared: {0}")]
    Settings(String),
}
