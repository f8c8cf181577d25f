//! From a file's name to its text.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use super::place::Format;

/// The largest file that is read, in bytes. One for ten thousand breakers has room in it, and to read it
/// takes less than a second and 50 MiB.
pub(super) const LARGEST: usize = 1024 * 1024;

/// By the end of its name.
pub(super) fn format(path: &Path) -> Result<Format, String> {
    let extension = path.extension().unwrap_or_default();
    if extension.eq_ignore_ascii_case("toml") {
        Ok(Format::Toml)
    } else if extension.eq_ignore_ascii_case("json") {
        Ok(Format::Json)
    } else {
        Err("the name of a configuration file ends in `.toml` or `.json`, which says what it is written in".to_owned())
    }
}

/// The bytes of a file that is no larger than it may be.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, String> {
    let failed = |error: io::Error| why(path, &error);
    // Ahead of opening it, which would wait for a writer where it is a pipe.
    let metadata = path.metadata().map_err(failed)?;
    if metadata.is_dir() {
        return Err("this is a directory: name a file in it".to_owned());
    }
    if !metadata.is_file() {
        return Err("this is no file that has an end".to_owned());
    }
    if metadata.len() > LARGEST as u64 {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    // It may have grown in between.
    let mut file = File::open(path).map_err(failed)?.take(LARGEST as u64 + 1);
    file.read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > LARGEST { Err(too_large()) } else { Ok(bytes) }
}

pub(super) fn too_large() -> String {
    format!("it is larger than {} MiB, which no configuration is", LARGEST / (1024 * 1024))
}

fn why(path: &Path, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => {}
        io::ErrorKind::PermissionDenied => return "the program may not read it".to_owned(),
        _ => return format!("it cannot be read: {}", super::shown::shown(&error.to_string())),
    }
    let what = "there is no such file";
    match std::env::current_dir() {
        Ok(directory) if path.is_relative() => {
            let directory = super::shown::shown(&directory.to_string_lossy());
            format!("{what}, seen from the directory `{directory}`")
        }
        _ => what.to_owned(),
    }
}

/// The text of a file, or the line, from 1, in which it is none, and why.
pub(super) fn text(bytes: &[u8]) -> Result<&str, (u32, &'static str)> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err((1, "the file is in UTF-16: save it in UTF-8"));
    }
    match str::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(error) => {
            let before = bytes.iter().take(error.valid_up_to());
            let line = before.filter(|byte| **byte == b'\n').count() + 1;
            let line = u32::try_from(line).unwrap_or(u32::MAX);
            Err((line, "this is not in UTF-8: save the file in UTF-8"))
        }
    }
}
