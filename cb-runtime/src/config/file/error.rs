//! A configuration that was refused.

use std::{error::Error, fmt, sync::Arc};

use super::problem::{ConfigProblem, Problems};

/// A configuration that was refused, with all that is wrong with it. Nothing of it is in force.
///
/// ```text
/// configuration `breakers.toml` was refused, and nothing was changed:
///   line 4, `defaults.failure_treshold`: unknown setting: did you mean `failure_threshold`?
///   line 9, `breakers.db.recovery_timeout`: takes a duration, and a number alone says no unit: write `"30s"` or `"30ms"`
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoadError {
    /// The file, if there is one.
    file: Option<Arc<str>>,
    problems: Vec<ConfigProblem>,
    untold: usize,
}

impl LoadError {
    /// With these problems, of which there is at least one.
    pub(crate) fn of(file: Option<&Arc<str>>, problems: Problems) -> Self {
        let (problems, untold) = problems.into_parts();
        Self { file: file.cloned(), problems, untold }
    }

    /// The file, as it was named; `<toml>` or `<json>` for a text that is in no file. `None` where no file
    /// was to be read.
    pub fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// All that is wrong, in the order of the file's lines and then the variables' names; the first 100
    /// where there is more.
    pub fn problems(&self) -> &[ConfigProblem] {
        &self.problems
    }

    /// How many more there are.
    #[cfg(feature = "cli")]
    pub(crate) fn untold(&self) -> usize {
        self.untold
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.file {
            Some(file) => write!(f, "configuration `{file}` was refused")?,
            None => f.write_str("the configuration in environment variables was refused")?,
        }
        f.write_str(", and nothing was changed:")?;
        for problem in &self.problems {
            write!(f, "\n  {problem}")?;
        }
        match self.untold {
            0 => Ok(()),
            1 => f.write_str("\n  and one more"),
            more => write!(f, "\n  and {more} more"),
        }
    }
}

// What `main` prints of an error that it returns, and `unwrap` of one that it meets: this is mostly read there,
// by who wrote the file.
impl fmt::Debug for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for LoadError {}
