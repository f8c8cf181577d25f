//! What is read from whole files and variables, and what is said of bad ones.

mod disk;
mod environments;
mod examples;
mod json;
mod refused;
mod syntax;
mod toml;
mod variables;

use super::{LoadError, Source, read::Read};

/// Reads a source that the program has no objections to.
fn read(source: &Source) -> Result<Read, LoadError> {
    source.read(|_, _| ())
}

/// What is said of a source that is refused, without the first line.
fn refused(source: &Source) -> Vec<String> {
    let error = read(source).expect_err("it is refused");
    let told = error.to_string();
    assert!(told.lines().count() > 1, "{told}");
    told.lines().skip(1).map(|line| line.trim().to_owned()).collect()
}

/// The one thing that is said of it.
fn refused_once(source: &Source) -> String {
    let mut told = refused(source);
    assert_eq!(told.len(), 1, "{told:#?}");
    told.remove(0)
}

fn warnings(source: &Source) -> Vec<String> {
    read(source).expect("it is read").warnings.iter().map(ToString::to_string).collect()
}

fn toml(text: &str) -> Source {
    Source::toml(text).without_variables()
}

fn json(text: &str) -> Source {
    Source::json(text).without_variables()
}
