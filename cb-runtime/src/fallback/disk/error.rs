//! Why a store on disk cannot be opened.

use std::{
    io::{self, ErrorKind},
    path::PathBuf,
};

/// Why a [`DiskStore`](super::DiskStore) cannot be opened. Says what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DiskStoreError {
    /// A setting of the builder is out of range.
    #[error("`{setting}({value})`: {expected}")]
    #[non_exhaustive]
    Setting {
        /// The method of the builder.
        setting: &'static str,
        /// What it was given.
        value: u64,
        /// What it takes.
        expected: &'static str,
    },
    /// The directory cannot be made, read or written.
    #[error("stale answers cannot be kept in `{}`: {source}; {}", path.display(), mend(source))]
    #[non_exhaustive]
    Directory {
        /// The directory, or the file in it.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The directory belongs to another store: of another process, or of this one.
    #[error(
        "stale answers cannot be kept in `{}`: another store has it open{}; give each process, and each \
         function, a directory of its own, or end the other process",
        path.display(),
        holder(*process)
    )]
    #[non_exhaustive]
    InUse {
        /// The directory.
        path: PathBuf,
        /// The process whose store that is, if that can be told.
        process: Option<u32>,
    },
    /// The disk is too full.
    #[error(
        "stale answers cannot be kept in `{}`: that takes {needed} bytes more and the disk has {free}; \
         free some, or set a smaller `disk(..)`",
        path.display()
    )]
    #[non_exhaustive]
    Full {
        /// The directory.
        path: PathBuf,
        /// What the store would take, in bytes, beyond what it has already.
        needed: u64,
        /// What there is, in bytes.
        free: u64,
    },
    /// What is in the directory cannot be made sense of.
    #[error(
        "the stale answers in `{}` cannot be read: {reason}; remove the directory to begin with none",
        path.display()
    )]
    #[non_exhaustive]
    Unreadable {
        /// The directory.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The thread that reads and writes cannot be started.
    #[error("stale answers cannot be kept on disk: no thread can be started: {source}")]
    #[non_exhaustive]
    Thread {
        /// What the operating system says.
        source: io::Error,
    },
}

fn mend(error: &io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
            "a file is in the way: remove it, or choose another directory"
        }
        ErrorKind::PermissionDenied => {
            "let the user that the program runs as write there, or choose another directory"
        }
        ErrorKind::ReadOnlyFilesystem => "choose a directory on a disk that can be written",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "free some of the disk, or set a smaller `disk(..)`"
        }
        _ => "choose a directory that can be made and written",
    }
}

fn holder(process: Option<u32>) -> String {
    process.map(|id| format!(" (process {id})")).unwrap_or_default()
}
