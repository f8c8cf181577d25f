//! Where the token comes from.

use std::{fs, path::Path};

use clap::{ArgMatches, parser::ValueSource};

use super::{args::Common, failure::Failure, text::plain};

/// A token, and who gave it.
pub(super) struct Token {
    text: String,
    /// For messages; the token itself is in none.
    pub(super) source: String,
}

impl Token {
    /// What `Authorization` has behind `Bearer`.
    pub(super) fn secret(&self) -> &str {
        &self.text
    }

    /// The token of the command line, or else of the variables; of each the token before the file.
    ///
    /// # Errors
    /// Where a file has none, and where a token is none.
    pub(super) fn of(common: &Common, matches: &ArgMatches) -> Result<Option<Self>, Failure> {
        let is_written = |name| matches.value_source(name) == Some(ValueSource::CommandLine);
        let file_first = is_written("token_file") && !is_written("token");
        // An empty variable is as if it were not there.
        let token = common.token.as_deref().filter(|token| !token.is_empty());
        let file = common.token_file.as_deref().filter(|file| !file.as_os_str().is_empty());
        let (text, source) = match (token, file) {
            (Some(text), _) if !file_first => {
                let source = if is_written("token") { "--token" } else { "CBCTL_TOKEN" };
                (text.to_owned(), source.to_owned())
            }
            (_, Some(file)) => {
                (read(file)?, format!("the file `{}`", plain(&file.to_string_lossy())))
            }
            (_, None) => return Ok(None),
        };
        let text = text.trim().to_owned();
        if text.is_empty() {
            return Err(Failure::Usage(format!("there is no token in {source}")));
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Failure::Usage(format!(
                "the token from {source} has characters in it that no token has: spaces, line ends or others than ASCII"
            )));
        }
        Ok(Some(Self { text, source }))
    }
}

fn read(file: &Path) -> Result<String, Failure> {
    fs::read_to_string(file).map_err(|error| {
        let file = file.to_string_lossy();
        Failure::Usage(format!("the token cannot be read from `{}`: {error}", plain(&file)))
    })
}
