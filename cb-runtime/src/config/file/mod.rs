//! Configuration files and environment variables: from bytes to the layers that they are.

mod calls;
mod disk;
mod document;
mod error;
mod intern;
mod json;
pub(crate) mod near;
#[cfg(any(feature = "admin", feature = "redis"))]
mod patch;
mod place;
mod problem;
mod read;
#[cfg(any(test, cb_fuzz))]
pub(crate) mod rewrite;
mod settings;
mod shown;
mod source;
mod tables;
#[cfg(test)]
mod tests;
mod toml;
mod toml_depth;
mod toml_twice;
mod tree;
mod unknown;
mod value;
mod variables;

pub use error::LoadError;
#[cfg(feature = "admin")]
pub(crate) use patch::change as read_change;
#[cfg(feature = "redis")]
pub(crate) use patch::settings as read_settings;
pub use problem::ConfigProblem;
pub(crate) use problem::Problems;
pub(crate) use read::{Findings, Named, Read};
#[cfg(feature = "cli")]
pub(crate) use shown::is_hidden;
pub(crate) use shown::{quoted, shown};
pub use source::Source;
pub(crate) use value::{Found, FromFile};

/// The JSON Schema (draft 2020-12) of configuration files, for editors and for checks outside a program.
/// It knows the settings, their types and their bounds; that a breaker of a name is there only the
/// program knows.
pub const CONFIG_SCHEMA: &str = include_str!("../../../circuit-breakers.schema.json");
