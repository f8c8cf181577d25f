//! Where something stands, in a file or among the variables.

use std::{fmt, sync::Arc};

use super::{shown, tree::Lines};
use crate::config::Origin;

/// What a configuration is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Toml,
    Json,
}

/// A text with the name of what it stands in.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) name: Arc<str>,
    pub(crate) lines: Lines,
    pub(crate) format: Format,
}

/// A key with the tables around it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Path<'a> {
    around: Option<&'a Path<'a>>,
    key: &'a str,
}

impl<'a> Path<'a> {
    pub(crate) const fn top(key: &'a str) -> Self {
        Self { around: None, key }
    }

    pub(crate) const fn inner(&'a self, key: &'a str) -> Self {
        Self { around: Some(self), key }
    }
}

/// As TOML has it: `breakers."web_app/*".failure_threshold`.
impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(around) = self.around {
            write!(f, "{around}.")?;
        }
        f.write_str(&shown::key(self.key))
    }
}

/// Where a key stands.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place<'a> {
    Text {
        text: &'a Text,
        at: usize,
        path: Path<'a>,
    },
    /// In an environment variable, or in a part of one.
    Variable {
        name: &'a Arc<str>,
        part: Option<&'a str>,
    },
}

impl<'a> Place<'a> {
    /// A place for a part of what stands here.
    pub(crate) fn inner(&'a self, key: &'a str, at: usize) -> Place<'a> {
        match self {
            Place::Text { text, path, .. } => Place::Text { text, at, path: path.inner(key) },
            Place::Variable { name, .. } => Place::Variable { name, part: Some(key) },
        }
    }

    /// Where in the text it is.
    pub(crate) fn at(&self) -> usize {
        match *self {
            Place::Text { at, .. } => at,
            Place::Variable { .. } => 0,
        }
    }

    pub(crate) fn origin(&self) -> Origin {
        match *self {
            Place::Text { text, at, path } => Origin::File {
                file: Arc::clone(&text.name),
                line: text.lines.line(at),
                key: path.to_string().into(),
            },
            Place::Variable { name, .. } => Origin::Variable { name: Arc::clone(name) },
        }
    }

    /// The one of two examples that is written as it is here.
    pub(super) fn example<'e>(&self, toml: &'e str, json: &'e str) -> &'e str {
        match self {
            Place::Text { text: Text { format: Format::Json, .. }, .. } => json,
            Place::Text { .. } | Place::Variable { .. } => toml,
        }
    }

    /// A table as it is written here, of keys and values as TOML has them.
    pub(crate) fn table(&self, parts: &[(&str, &str)]) -> String {
        let (equals, quote, around) = match self {
            Place::Text { text: Text { format: Format::Toml, .. }, .. } => {
                (" = ", "", ("{ ", " }"))
            }
            Place::Text { text: Text { format: Format::Json, .. }, .. } => {
                (": ", "\"", ("{ ", " }"))
            }
            Place::Variable { .. } => ("=", "", ("", "")),
        };
        let is_variable = matches!(self, Place::Variable { .. });
        let parts: Vec<String> = parts
            .iter()
            .map(|(key, value)| {
                let value = if is_variable { value.trim_matches('"') } else { value };
                format!("{quote}{key}{quote}{equals}{value}")
            })
            .collect();
        let parts = parts.join(if is_variable { "," } else { ", " });
        format!("{}{parts}{}", around.0, around.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_written_as_in_toml() {
        let top = Path::top("breakers");
        let table = top.inner("web_app/*");
        assert_eq!(table.inner("shed").to_string(), "breakers.\"web_app/*\".shed");
    }
}
