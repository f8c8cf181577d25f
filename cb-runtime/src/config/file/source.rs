//! Where a configuration comes from.

use std::{ffi::OsString, path::PathBuf};

/// Where a configuration comes from: a file in TOML or JSON, and environment variables.
///
/// ```
/// use cb_runtime::Source;
///
/// // The file that `CIRCUIT_BREAKER_CONFIG` names, if there is one, and the variables.
/// let source = Source::from_env();
///
/// // A file that the program names, in an environment that it knows.
/// let source = Source::file("breakers.toml").environment("production");
///
/// // For a test: nothing but this.
/// let source = Source::toml("[breakers.db]\nfailure_threshold = 3")
///     .without_variables()
///     .breakers(["db"]);
/// ```
///
/// # Variables
///
/// | | |
/// |---|---|
/// | `CIRCUIT_BREAKER_CONFIG` | the file, for [`from_env`](Self::from_env) |
/// | `CIRCUIT_BREAKER_ENVIRONMENT` | the environment: the tables under `[environments.NAME]` stand over the same tables outside it |
/// | `CIRCUIT_BREAKERS_ENABLED` | `false` turns every breaker off |
/// | `CB_BREAKER__NAME__SETTING` | a setting of one breaker, over all that a file says. NAME is its name in capitals with `_` for all but letters and digits: `CB_BREAKER__WEB_APP_DATABASE__FAILURE_THRESHOLD=3` for `web_app/database` |
///
/// An empty one of the first three is as if it were not there.
#[derive(Clone, Debug)]
#[must_use = "a source does nothing until a registry loads it"]
pub struct Source {
    pub(super) text: Text,
    pub(super) variables: Variables,
    pub(super) environment: Option<String>,
    pub(super) breakers: Vec<String>,
}

#[derive(Clone, Debug)]
pub(super) enum Text {
    /// The file that a variable names, if one does.
    Named,
    File(PathBuf),
    Toml(String),
    Json(String),
}

#[derive(Clone, Debug)]
pub(super) enum Variables {
    OfProcess,
    These(Vec<(OsString, OsString)>),
}

/// [`Source::from_env`].
impl Default for Source {
    fn default() -> Self {
        Self::from_env()
    }
}

impl Source {
    /// The file that the variable `CIRCUIT_BREAKER_CONFIG` names, if it is there and not empty, and the
    /// variables of the process.
    pub fn from_env() -> Self {
        Self::of(Text::Named)
    }

    /// This file, and the variables of the process. TOML where its name ends in `.toml`, JSON where it
    /// ends in `.json`; at most 1 MiB.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::of(Text::File(path.into()))
    }

    /// A text in TOML, and the variables of the process.
    pub fn toml(text: impl Into<String>) -> Self {
        Self::of(Text::Toml(text.into()))
    }

    /// A text in JSON, and the variables of the process.
    pub fn json(text: impl Into<String>) -> Self {
        Self::of(Text::Json(text.into()))
    }

    fn of(text: Text) -> Self {
        Self { text, variables: Variables::OfProcess, environment: None, breakers: Vec::new() }
    }

    /// The environment that is in force, in the place of the variable `CIRCUIT_BREAKER_ENVIRONMENT`.
    pub fn environment(mut self, name: impl Into<String>) -> Self {
        self.environment = Some(name.into());
        self
    }

    /// These variables in the place of the process's.
    pub fn variables<N, V>(mut self, variables: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: Into<OsString>,
        V: Into<OsString>,
    {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into()));
        self.variables = Variables::These(variables.collect());
        self
    }

    /// No variables.
    pub fn without_variables(mut self) -> Self {
        self.variables = Variables::These(Vec::new());
        self
    }

    /// The names of breakers that the program registers later, and that the configuration may therefore
    /// name; beside those of the attributes and those that are registered, which need not be told.
    pub fn breakers<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.breakers.extend(names.into_iter().map(Into::into));
        self
    }
}
