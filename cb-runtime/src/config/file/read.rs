//! From a source to what it says.

use std::{
    borrow::Cow,
    ffi::OsString,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    disk,
    document::Document,
    error::LoadError,
    json, near,
    place::{Format, Text},
    problem::{ConfigProblem, Problems},
    shown::{quoted, shown},
    source::{self, Source},
    tables, toml,
    tree::Lines,
    variables,
};
use crate::{
    config::{Layers, Origin},
    pattern::Pattern,
};

/// What could be read of a configuration, which is all of it where nothing was wrong.
#[derive(Debug)]
pub(crate) struct Read {
    /// What the file says in all environments.
    pub(crate) document: Document,
    /// What is in force.
    pub(crate) layers: Layers,
    pub(crate) environment: Option<String>,
    /// Every name in any environment that is of something of the program's.
    pub(crate) named: Vec<Named>,
    /// What is odd and was not refused, in the order of [`LoadError::problems`].
    pub(crate) warnings: Vec<ConfigProblem>,
    /// The file, if it is one.
    pub(crate) path: Option<PathBuf>,
}

/// A name of something of the program's, which only the program can say whether there is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Named {
    /// A breaker, by its name.
    Breaker { name: String, origin: Origin },
    /// Breakers, by a pattern with a `*` in it.
    Pattern { pattern: Pattern, origin: Origin },
    /// A breaker, by its name as variables have it.
    Variable { name: String, origin: Origin },
    /// A function of a breaker.
    Call { breaker: String, function: String, origin: Origin },
}

/// What was found out about a configuration.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) problems: Problems,
    pub(crate) warnings: Problems,
}

impl Read {
    pub(crate) fn environment(&self) -> Option<&str> {
        self.environment.as_deref()
    }
}

impl Source {
    /// The file that is to be read, if it is one.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        match &self.text {
            source::Text::File(path) => Some(path.clone()),
            source::Text::Named => variables::file(self.all_variables()).map(PathBuf::from),
            source::Text::Toml(_) | source::Text::Json(_) => None,
        }
    }

    /// The names of breakers that are announced.
    pub(crate) fn announced(&self) -> &[String] {
        &self.breakers
    }

    /// Whether a variable turns all breakers off, whatever else is wrong.
    pub(crate) fn is_switched_off(&self) -> bool {
        let (mut problems, mut warnings) = (Problems::default(), Problems::default());
        let variables = variables::read(self.all_variables(), &mut problems, &mut warnings);
        variables.enabled == Some(false)
    }

    /// Reads it, and has the program check whether it fits.
    ///
    /// `check` is given what could be read, be it wrong elsewhere. What it finds is told together with
    /// what else is wrong.
    ///
    /// # Errors
    /// All that is wrong.
    pub(crate) fn read(&self, check: impl FnOnce(&Read, &mut Findings)) -> Result<Read, LoadError> {
        let mut findings = Findings::default();
        let Findings { problems, warnings } = &mut findings;
        let variables = variables::read(self.all_variables(), problems, warnings);

        let named_by_variable = matches!(self.text, source::Text::Named);
        let path = self.path();
        let file: Option<Arc<str>> = match &self.text {
            source::Text::Toml(_) => Some("<toml>".into()),
            source::Text::Json(_) => Some("<json>".into()),
            _ => path.as_deref().map(|path| shown(&path.to_string_lossy()).into()),
        };
        let document = match &file {
            Some(file) => match self.bytes(path.as_deref()) {
                Ok((bytes, format)) => document(file, &bytes, format, &mut findings),
                Err(why) => {
                    let by = if named_by_variable {
                        " (named by the variable `CIRCUIT_BREAKER_CONFIG`)"
                    } else {
                        ""
                    };
                    findings.problems.push(ConfigProblem::of_file(file, format!("{why}{by}")));
                    Document::unread()
                }
            },
            None => Document::default(),
        };

        let environment = match &self.environment {
            Some(name) => Some((None, name.clone())),
            None => variables
                .environment
                .map(|(variable, name)| (Some(Origin::Variable { name: variable }), name)),
        };
        if let (Some((origin, name)), Some(file)) = (&environment, &file)
            && findings.problems.is_empty()
            && !document.environments().any(|known| known == name)
        {
            let message = unknown_environment(name, &document);
            findings.warnings.push(match origin {
                Some(origin) => ConfigProblem::at(origin, message),
                None => ConfigProblem::of_file(file, message),
            });
        }

        let mut named = names(&document);
        for (breaker, layer) in &variables.layers {
            if let Some(origin) = layer.origins.values().chain(layer.unread.values()).next() {
                let (name, origin) = (breaker.clone(), origin.clone());
                named.push(Named::Variable { name, origin });
            }
        }
        let environment = environment.map(|(_, name)| name);
        let mut layers = document.layers(environment.as_deref());
        layers.variables = variables.layers;
        layers.enabled = variables.enabled.unwrap_or(true);
        let mut read = Read { document, layers, environment, named, warnings: Vec::new(), path };
        check(&read, &mut findings);
        if !findings.problems.is_empty() {
            return Err(LoadError::of(file.as_ref(), findings.problems));
        }
        read.warnings = findings.warnings.into_warnings();
        Ok(read)
    }

    pub(super) fn all_variables(&self) -> Box<dyn Iterator<Item = (OsString, OsString)> + '_> {
        match &self.variables {
            source::Variables::OfProcess => Box::new(std::env::vars_os()),
            source::Variables::These(these) => Box::new(these.iter().cloned()),
        }
    }

    /// The bytes of the text, and what they are written in.
    fn bytes(&self, path: Option<&Path>) -> Result<(Cow<'_, [u8]>, Format), String> {
        let (text, format) = match (&self.text, path) {
            (source::Text::Toml(text), _) => (text, Format::Toml),
            (source::Text::Json(text), _) => (text, Format::Json),
            (_, Some(path)) => {
                let format = disk::format(path)?;
                return Ok((disk::read(path)?.into(), format));
            }
            (_, None) => return Ok((Cow::Borrowed(&[]), Format::Toml)),
        };
        if text.len() > disk::LARGEST {
            return Err(disk::too_large());
        }
        Ok((text.as_bytes().into(), format))
    }
}

/// Reads a whole text.
pub(super) fn document(
    file: &Arc<str>,
    bytes: &[u8],
    format: Format,
    findings: &mut Findings,
) -> Document {
    let text = match disk::text(bytes) {
        Ok(text) => text,
        Err((line, why)) => {
            findings.problems.push(ConfigProblem::of_line(file, line, why));
            return Document::unread();
        }
    };
    let at = Text { name: Arc::clone(file), lines: Lines::of(text), format };
    let entries = match format {
        Format::Toml => toml::read(text, &at, &mut findings.problems),
        Format::Json => json::read(text, &at, &mut findings.problems),
    };
    let Some(entries) = entries else { return Document::unread() };
    if entries.is_empty() && findings.problems.is_empty() {
        findings.warnings.push(ConfigProblem::of_file(file, "it says nothing"));
    }
    tables::document(&entries, &at, &mut findings.problems)
}

fn unknown_environment(name: &str, document: &Document) -> String {
    let known = document.environments();
    let hint = if known.clone().next().is_none() {
        "it has no `[environments.NAME]`".to_owned()
    } else {
        near::hint(name, "environments", known)
    };
    format!("of the environment {}, which is in force, the file says nothing: {hint}", quoted(name))
}

/// Every name of something of the program's, in the order of the file within each environment.
fn names(document: &Document) -> Vec<Named> {
    let mut named = Vec::new();
    for tables in document.tables() {
        for breakers in &tables.breakers {
            let (pattern, origin) = (breakers.pattern.clone(), breakers.origin.clone());
            named.push(if pattern.is_exact() {
                Named::Breaker { name: pattern.as_str().to_owned(), origin }
            } else {
                Named::Pattern { pattern, origin }
            });
            for call in &breakers.calls {
                named.push(Named::Call {
                    breaker: call.breaker.clone(),
                    function: call.function.clone(),
                    origin: call.origin.clone(),
                });
            }
        }
    }
    named
}
