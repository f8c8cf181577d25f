//! What the registry asks of a configuration, to see whether it fits the program.

use std::path::PathBuf;

use super::{Document, LoadError, Problems, Read, Source, source::Text, variables};
use crate::config::Origin;

impl Read {
    /// The environment in force.
    pub(crate) fn environment(&self) -> Option<&str> {
        self.environment.as_deref()
    }

    /// It does not fit.
    pub(crate) fn refused(&self, problems: Problems) -> LoadError {
        LoadError::of(self.file.as_ref(), problems)
    }
}

impl Document {
    /// The service types of which something is said, in any environment.
    pub(crate) fn service_types(&self) -> impl Iterator<Item = (&str, &Origin)> {
        let all = self.tables().flat_map(|tables| &tables.service_types);
        all.map(|(name, service_type)| (name.as_str(), &service_type.origin))
    }
}

impl Source {
    /// The file, if there is one.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        match &self.text {
            Text::File(path) => Some(path.clone()),
            Text::Named => {
                let (mut problems, mut warnings) = (Problems::default(), Vec::new());
                let read = variables::read(self.all_variables(), &mut problems, &mut warnings);
                read.file.map(PathBuf::from)
            }
            Text::Toml(_) | Text::Json(_) => None,
        }
    }
}
