//! What is written beside the code agrees with it: links lead somewhere, and tables of features have the
//! features that there are. The code in it is compiled as doc tests, and rustdoc looks after its own links.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod commands;
mod features;
mod links;
#[cfg(feature = "testing")]
mod readme;

use std::{
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).expect(path)
}

/// The files below this directory whose names end so.
fn files(directory: &str, end: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut left = vec![root().join(directory)];
    while let Some(directory) = left.pop() {
        for entry in fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
            } else if path.to_string_lossy().ends_with(end) {
                found.push(path);
            }
        }
    }
    assert!(!found.is_empty(), "no {end} below {directory}");
    found.sort();
    found
}
