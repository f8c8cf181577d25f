//! Where a setting's value comes from.

use std::{fmt, sync::Arc};

use serde::Serialize;

/// Where a setting's value comes from. A later one stands over an earlier one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "admin", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "layer")]
#[non_exhaustive]
pub enum Origin {
    /// Nothing gives it: the library's default.
    Default,
    /// The [preset](crate::circuit_breaker#kinds-of-services) of the service type.
    #[non_exhaustive]
    Preset {
        /// The service type.
        #[cfg_attr(feature = "admin", schema(value_type = String))]
        service_type: Arc<str>,
    },
    /// The attribute of a function; of several that share the breaker, the first that gives it.
    #[non_exhaustive]
    Attribute {
        /// The source file, as the compiler was given it.
        file: &'static str,
        /// The line of the attribute.
        line: u32,
    },
    /// The [`Config`](crate::Config) with which the breaker was registered.
    #[non_exhaustive]
    Code {
        /// The source file, as the compiler was given it.
        file: &'static str,
        /// The line of the call.
        line: u32,
    },
    /// A configuration file.
    #[non_exhaustive]
    File {
        /// The file, as it was named, or what stands for a text that is in no file.
        #[cfg_attr(feature = "admin", schema(value_type = String))]
        file: Arc<str>,
        /// The line of the key.
        line: u32,
        /// The key with the tables around it, such as `breakers."web_app/*".failure_threshold`.
        #[cfg_attr(feature = "admin", schema(value_type = String))]
        key: Arc<str>,
    },
    /// An environment variable.
    #[non_exhaustive]
    Variable {
        /// Its name.
        #[cfg_attr(feature = "admin", schema(value_type = String))]
        name: Arc<str>,
    },
    /// [`CircuitBreaker::reconfigure`](crate::CircuitBreaker::reconfigure), while the program runs.
    Runtime,
}

/// As people find the place: `breakers.toml:7 ([breakers."web_app/*"])`.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Preset { service_type } => write!(f, "preset of `{service_type}`"),
            Self::Attribute { file, line } => write!(f, "attribute at {file}:{line}"),
            Self::Code { file, line } => write!(f, "code at {file}:{line}"),
            Self::File { file, line, key } => write!(f, "{file}:{line}, `{key}`"),
            Self::Variable { name } => write!(f, "variable {name}"),
            Self::Runtime => f.write_str("changed while running"),
        }
    }
}
