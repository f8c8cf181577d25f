//! What is read from whole files and variables, and what is said of bad ones.

mod toml;

use super::{LoadError, Source, read::Read};

/// Reads a source that the program has no objections to.
fn read(source: &Source) -> Result<Read, LoadError> {
    source.read(|_, _, _| ())
}

/// What is said of a source that is refused, without the first line.
fn refused(source: &Source) -> Vec<String> {
    let error = read(source).expect_err("it is refused");
    let told = error.to_string();
    told.lines().skip(1).map(|line| line.trim().to_owned()).collect()
}

fn toml(text: &str) -> Source {
    Source::toml(text).without_variables()
}
