//! All that is known of a registry, as JSON.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, ErrorKind, Write},
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU64, Ordering},
    time::SystemTime,
};

use serde::Serialize;

use super::{Declarations, Registry, declarations};
use crate::observe::{
    alerts::Alert,
    health::Health,
    look::Look,
    snapshot::{Snapshot, rfc3339},
    together::SharedStatus,
};

/// Why an export was not written. The file is as it was before, or not there if it was not.
#[derive(Debug, thiserror::Error)]
#[error("breakers cannot be exported to `{}`: {source}; {}", path.display(), mend(source))]
#[non_exhaustive]
pub struct ExportError {
    /// The file that was to be written.
    pub path: PathBuf,
    /// What the operating system says.
    pub source: io::Error,
}

fn mend(error: &io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::NotFound => "make its directory, or choose another",
        ErrorKind::NotADirectory => "a file is where its directory should be: choose another place",
        ErrorKind::IsADirectory | ErrorKind::DirectoryNotEmpty => {
            "a directory is in the way: give the name of a file"
        }
        ErrorKind::PermissionDenied => {
            "let the user that the program runs as write in its directory, or choose another"
        }
        ErrorKind::ReadOnlyFilesystem => "choose a directory on a disk that can be written",
        ErrorKind::InvalidInput => "give the path of a file",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "free some of the disk",
        _ => "choose a directory that can be written",
    }
}

/// What is exported.
#[derive(Serialize)]
struct Export {
    #[serde(serialize_with = "rfc3339")]
    at: SystemTime,
    store: Option<SharedStatus>,
    health: Health,
    alerts: Vec<Alert>,
    breakers: Vec<Snapshot>,
    declarations: Declarations,
}

impl Registry {
    /// All that is known of the registry at this moment: `at`, `store` (a [`SharedStatus`], `null`
    /// where breakers are not shared), `health`, `alerts`, `breakers` (each a
    /// [`Snapshot`]), and `declarations`, which are those of the program's registry and none for
    /// another. With the feature `export`.
    ///
    /// Health and alerts are of the same look at the breakers as the snapshots.
    ///
    /// ```
    /// use cb_runtime::{Config, Registry};
    ///
    /// let registry = Registry::new();
    /// registry.get_or_register("db", Config::default())?;
    ///
    /// let export = registry.export();
    /// assert_eq!(export["breakers"][0]["name"], "db");
    /// assert_eq!(export["health"]["verdict"], "healthy");
    /// # Ok::<(), cb_runtime::RegisterError>(())
    /// ```
    pub fn export(&self) -> serde_json::Value {
        // What cannot become JSON is a map with keys that are no text, and there is none.
        serde_json::to_value(self.exported()).unwrap_or_default()
    }

    /// Writes [`export`](Self::export) to a file, the whole of it or nothing: a reader finds what was
    /// there before or what is new, even if the program or the machine dies meanwhile. With the feature
    /// `export`.
    ///
    /// It is written beside the file under another name, brought to the disk, and given the file's
    /// name and permissions; of a link, it is the file that it leads to. Blocks for as long as the disk takes: in async code, use tokio's
    /// `spawn_blocking`.
    ///
    /// ```
    /// # use cb_runtime::Registry;
    /// # let directory = tempfile::tempdir().unwrap();
    /// # let path = directory.path().join("breakers.json");
    /// let registry = Registry::new();
    /// registry.export_to(&path)?;
    ///
    /// let missing = registry.export_to(path.join("below/a/file.json")).unwrap_err();
    /// assert!(missing.to_string().starts_with("breakers cannot be exported to `"));
    /// # Ok::<(), cb_runtime::ExportError>(())
    /// ```
    ///
    /// # Errors
    /// [`ExportError`], which names the path, where the directory is not there or cannot be written,
    /// where the disk is full, and where the path is that of a directory, a device or a socket. What was
    /// there before stays, and nothing is left beside it.
    pub fn export_to(&self, path: impl AsRef<Path>) -> Result<(), ExportError> {
        let (path, export) = (path.as_ref(), self.exported());
        let write = |file: &File| {
            let mut to = BufWriter::new(file);
            serde_json::to_writer_pretty(&mut to, &export)?;
            to.write_all(b"\n")?;
            to.flush()
        };
        replace(path, write).map_err(|source| ExportError { path: path.to_owned(), source })
    }

    fn exported(&self) -> Export {
        let overview = self.overview();
        Export {
            at: SystemTime::now(),
            store: self.store(),
            health: overview.health(self),
            alerts: overview.alerts(self),
            breakers: overview.looks.into_iter().map(|Look { snapshot, .. }| snapshot).collect(),
            declarations: if self.is_the_programs() {
                declarations()
            } else {
                Declarations::none()
            },
        }
    }
}

/// Puts a file in the place of one that may be there, once all of it is on the disk.
fn replace(path: &Path, write: impl FnOnce(&File) -> io::Result<()>) -> io::Result<()> {
    let present = match fs::metadata(path) {
        Ok(present) if present.is_file() || present.is_dir() => Some(present.permissions()),
        // A device, such as `/dev/null`: whoever may do so would put a file in its place.
        Ok(_) => return Err(io::Error::new(ErrorKind::InvalidInput, "it is no file")),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    // Of a link, it is what it leads to that is replaced.
    let path = &if present.is_some() { fs::canonicalize(path)? } else { path.to_owned() };
    let Some(name) = path.file_name() else {
        return Err(io::Error::new(ErrorKind::InvalidInput, "there is no file name in it"));
    };
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let draft = Draft::new(directory, name)?;
    if let Some(permissions) = present {
        draft.file.set_permissions(permissions)?;
    }
    write(&draft.file)?;
    draft.file.sync_all()?;
    fs::rename(&draft.path, path)?;
    sync(directory);
    Ok(())
}

/// The new name is sure to be on the disk once the directory is. Not every file system can do that, nor
/// may everybody who can write a directory open it; without it, a crash of the machine may bring the file
/// before back, whole.
fn sync(directory: &Path) {
    if cfg!(unix) {
        let _ = File::open(directory).and_then(|directory| directory.sync_all());
    }
}

/// The new file, until it has its name. Otherwise it goes.
struct Draft {
    file: File,
    path: PathBuf,
}

impl Draft {
    fn new(directory: &Path, name: &std::ffi::OsStr) -> io::Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        loop {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let mut draft = OsString::from(".");
            draft.push(name);
            draft.push(format!(".{}-{number}.tmp", process::id()));
            let path = directory.join(draft);
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => return Ok(Self { file, path }),
                // Left by a process of this number that was killed.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // After the renaming there is none of this name.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(all(test, not(cb_loom)))]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<OsString> {
        let entries = fs::read_dir(directory).into_iter().flatten();
        entries.flatten().map(|entry| entry.file_name()).collect()
    }

    #[test]
    fn what_cannot_be_written_leaves_the_file_as_it_was_and_nothing_beside_it() {
        let directory = tempfile::tempdir().expect("there is a place for temporary files");
        let path = directory.path().join("breakers.json");
        fs::write(&path, "before").expect("the file can be written");

        let full = replace(&path, |mut file| {
            file.write_all(b"a half")?;
            Err(ErrorKind::StorageFull.into())
        });

        assert_eq!(full.map_err(|error| error.kind()), Err(ErrorKind::StorageFull));
        assert_eq!(fs::read(&path).expect("the file is there"), b"before");
        assert_eq!(names(directory.path()), ["breakers.json"]);
    }

    #[test]
    fn each_error_says_what_to_do() {
        let text = |kind: ErrorKind| {
            ExportError { path: "a/b.json".into(), source: kind.into() }.to_string()
        };
        assert_eq!(
            text(ErrorKind::StorageFull),
            "breakers cannot be exported to `a/b.json`: no storage space; free some of the disk"
        );
        assert!(text(ErrorKind::NotFound).ends_with("make its directory, or choose another"));
    }

    #[cfg(unix)]
    #[test]
    fn through_a_link_the_file_is_replaced_and_not_the_link() {
        let directory = tempfile::tempdir().expect("there is a place for temporary files");
        let (path, link) = (directory.path().join("breakers.json"), directory.path().join("link"));
        fs::write(&path, "before").expect("the file can be written");
        std::os::unix::fs::symlink("breakers.json", &link).expect("the link can be made");

        replace(&link, |mut file| file.write_all(b"after")).expect("the file can be replaced");

        assert!(fs::symlink_metadata(&link).expect("the link is there").is_symlink());
        assert_eq!(fs::read(&path).expect("the file is there"), b"after");
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_not_replaced_by_one() {
        let directory = tempfile::tempdir().expect("there is a place for temporary files");
        let path = directory.path().join("socket");
        let _socket = std::os::unix::net::UnixListener::bind(&path).expect("it can be bound");

        let refused = replace(&path, |_| Ok(())).map_err(|source| ExportError { path, source });

        let text = refused.expect_err("it is refused").to_string();
        assert!(text.ends_with("it is no file; give the path of a file"), "{text}");
        assert_eq!(names(directory.path()), ["socket"]);
        let nothing = replace(Path::new(""), |_| Ok(())).expect_err("it is refused");
        assert_eq!(mend(&nothing), "give the path of a file");
    }

    #[cfg(unix)]
    #[test]
    fn the_permissions_of_the_file_before_stay() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().expect("there is a place for temporary files");
        let path = directory.path().join("breakers.json");
        fs::write(&path, "before").expect("the file can be written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("it is ours");

        replace(&path, |mut file| file.write_all(b"after")).expect("the file can be replaced");

        let mode = fs::metadata(&path).expect("the file is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        assert_eq!(fs::read(&path).expect("the file is there"), b"after");
    }
}
