//! What is wrong with a configuration.

use std::{fmt, sync::Arc};

use super::{
    place::{Place, Text},
    shown::quoted,
    tree::DEEPEST,
};
use crate::config::Origin;

/// One thing that is wrong with a configuration, or in a list of warnings one that is odd.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConfigProblem {
    file: Option<Arc<str>>,
    line: Option<u32>,
    key: Option<Arc<str>>,
    variable: Option<Arc<str>>,
    message: String,
    /// What the value must be, where that is what is wrong.
    bound: Option<Box<str>>,
}

impl ConfigProblem {
    /// The file, as it was named; `<toml>` or `<json>` for a text that is in no file. `None` where it is
    /// no file's problem.
    pub fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// The line in the file, from 1, where one can be told: that of the key, and where the text itself
    /// is wrong, that of the mistake.
    pub fn line(&self) -> Option<u32> {
        self.line
    }

    /// The key with the tables around it, such as `breakers."web_app/*".failure_threshold`.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// The environment variable whose problem it is.
    pub fn variable(&self) -> Option<&str> {
        self.variable.as_deref()
    }

    /// What is wrong, and how to mend it. One line, in which texts from the file are cut and their
    /// control characters escaped.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The same with the file ahead of it, for where it is told alone.
    pub(crate) fn with_file(&self) -> String {
        match &self.file {
            Some(file) => format!("configuration `{file}`: {self}"),
            None => self.to_string(),
        }
    }

    /// What the value must be, such as "at least 1", where it is the value that is wrong.
    #[cfg(feature = "admin")]
    pub(crate) fn bound(&self) -> Option<&str> {
        self.bound.as_deref()
    }

    /// At the place of a setting, a table or a variable.
    pub(crate) fn at(origin: &Origin, message: impl Into<String>) -> Self {
        let (mut file, mut line, mut key, mut variable) = (None, None, None, None);
        match origin {
            Origin::File { file: name, line: at, key: path } => {
                (file, line, key) = (Some(Arc::clone(name)), Some(*at), Some(Arc::clone(path)));
            }
            Origin::Variable { name } => variable = Some(Arc::clone(name)),
            _ => {}
        }
        Self { file, line, key, variable, message: message.into(), bound: None }
    }

    /// Of a whole file.
    pub(super) fn of_file(file: &Arc<str>, message: impl Into<String>) -> Self {
        Self {
            file: Some(Arc::clone(file)),
            line: None,
            key: None,
            variable: None,
            message: message.into(),
            bound: None,
        }
    }

    /// Of a line of it.
    pub(super) fn of_line(file: &Arc<str>, line: u32, message: impl Into<String>) -> Self {
        Self { line: Some(line), ..Self::of_file(file, message) }
    }

    /// In the order of lines, and variables behind them.
    fn order(&self) -> impl Ord + use<> {
        (self.variable.is_some(), self.line)
    }
}

/// The place and what is wrong there: "line 4, `defaults.shed`: must be …".
impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(variable) = &self.variable {
            write!(f, "variable `{variable}`: ")?;
        }
        match (self.line, &self.key) {
            (Some(line), Some(key)) => write!(f, "line {line}, `{key}`: ")?,
            (Some(line), None) => write!(f, "line {line}: ")?,
            (None, _) => {}
        }
        f.write_str(&self.message)
    }
}

/// The most problems of one configuration that are told; one with more of them is no configuration.
const MOST: usize = 100;

/// The problems found so far.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    told: Vec<ConfigProblem>,
    untold: usize,
}

impl Problems {
    pub(crate) fn is_empty(&self) -> bool {
        self.told.is_empty()
    }

    /// One more. What is not told is not even put into words, which would take its time where everything
    /// in a long file is wrong.
    pub(crate) fn add(&mut self, place: &Place<'_>, message: impl FnOnce() -> String) {
        self.put(|| ConfigProblem::at(&place.origin(), message()));
    }

    /// One more, of the text itself.
    pub(super) fn add_at(&mut self, text: &Text, at: usize, message: impl FnOnce() -> String) {
        self.put(|| ConfigProblem::of_line(&text.name, text.lines.line(at), message()));
    }

    /// Of a key that stands twice in one table.
    pub(super) fn add_twice(&mut self, text: &Text, at: usize, key: &str, first: Option<usize>) {
        self.add_at(text, at, || {
            let key = quoted(key);
            let first = first.map_or_else(String::new, |first| {
                format!(", the first time in line {}", text.lines.line(first))
            });
            format!("{key} is given twice{first}: leave one out")
        });
    }

    /// Of a value that is nested deeper than anything that there is to say.
    pub(super) fn add_too_deep(&mut self, text: &Text, at: usize) {
        self.add_at(text, at, || format!("this is nested deeper than {DEEPEST} levels"));
    }

    /// One more, of a value that must be something else.
    pub(crate) fn add_bound(
        &mut self,
        place: &Place<'_>,
        bound: impl FnOnce() -> String,
        message: impl FnOnce() -> String,
    ) {
        self.put(|| ConfigProblem {
            bound: Some(bound().into()),
            ..ConfigProblem::at(&place.origin(), message())
        });
    }

    pub(crate) fn push(&mut self, problem: ConfigProblem) {
        self.put(|| problem);
    }

    /// Whether one more is told.
    pub(super) fn has_room(&self) -> bool {
        self.told.len() < MOST
    }

    /// One more, of which only the number is told.
    pub(super) fn leave_out(&mut self) {
        self.untold += 1;
    }

    fn put(&mut self, problem: impl FnOnce() -> ConfigProblem) {
        if self.has_room() {
            self.told.push(problem());
        } else {
            self.leave_out();
        }
    }

    /// In their order, and for those that are left out one more that counts them.
    pub(super) fn into_warnings(self) -> Vec<ConfigProblem> {
        let (mut told, untold) = self.into_parts();
        let message = match untold {
            0 => return told,
            1 => "and one more warning".to_owned(),
            more => format!("and {more} more warnings"),
        };
        told.push(ConfigProblem {
            file: None,
            line: None,
            key: None,
            variable: None,
            message,
            bound: None,
        });
        told
    }

    /// In their order, with the number of those that are left out.
    pub(super) fn into_parts(mut self) -> (Vec<ConfigProblem>, usize) {
        self.told.sort_by_key(ConfigProblem::order);
        (self.told, self.untold)
    }
}
