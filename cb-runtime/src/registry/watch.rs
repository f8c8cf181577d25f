//! Loading a file anew when it changes.

use std::{
    fs, io,
    path::Path,
    sync::{Arc, Weak},
    thread,
    time::{Duration, SystemTime},
};

use super::{Registry, Shared};
use crate::primitive::lock;

/// How often the file is looked at. One that has changed is loaded when it looks the same twice, so that
/// one that is just being written is not read half.
const EVERY: Duration = Duration::from_millis(250);

/// So often a file may look otherwise each time before it is loaded all the same.
const RESTLESS: u32 = 3;

/// Why a configuration is not watched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WatchError {
    /// What was loaded last is in no file, or nothing was loaded yet.
    #[error("there is no configuration file to watch: load one first, with `Registry::load`")]
    NoFile,
    /// The thread that is to look at the file cannot be started.
    #[error("the thread that would watch the configuration file cannot be started: {0}")]
    Thread(#[from] io::Error),
}

impl Registry {
    /// From here on, loads the file that was [loaded](Self::load) last whenever it changes: written in
    /// its place, replaced by another, or reached through a symbolic link that is moved, as Kubernetes
    /// mounts it. What changes is in force within two seconds.
    ///
    /// A file that cannot be loaded changes nothing: what is wrong with it is logged, and shows as an
    /// [alert](Self::alerts) until it is mended. The file that was named when loading is watched even
    /// where it could not be loaded.
    ///
    /// One thread of the system looks at the file four times a second, which works on every file system;
    /// it ends with the registry. To be called once; called again, it does nothing.
    ///
    /// # Errors
    /// [`WatchError`] where no file was named, or there is no thread to be had.
    pub fn watch(&self) -> Result<(), WatchError> {
        self.load_by_default();
        let mut turn = lock(self.0.loading.turn());
        if turn.path().is_none() {
            return Err(WatchError::NoFile);
        }
        if turn.watched {
            return Ok(());
        }
        let mut watcher = Watcher::new(Arc::downgrade(&self.0));
        #[cfg(feature = "testing")]
        let isolation = crate::isolation::present();
        thread::Builder::new().name("circuit-breaker-config".to_owned()).spawn(move || {
            #[cfg(feature = "testing")]
            let _inside = crate::isolation::enter(isolation);
            loop {
                // By the system's clock: the file's writers are outside of the program, and a test whose
                // clock is paused can have no part of theirs pass. Tests look by themselves.
                thread::sleep(EVERY);
                if !watcher.look() {
                    return;
                }
            }
        })?;
        turn.watched = true;
        Ok(())
    }
}

/// Looks at the file from time to time.
struct Watcher {
    registry: Weak<Shared>,
    /// What it looked like when it last looked otherwise than what was loaded.
    last: Option<Stamp>,
    /// How often it has looked otherwise each time.
    restless: u32,
}

impl Watcher {
    fn new(registry: Weak<Shared>) -> Self {
        Self { registry, last: None, restless: 0 }
    }

    /// Loads the file if it has changed. Says whether the registry is there still.
    fn look(&mut self) -> bool {
        let Some(registry) = self.registry.upgrade().map(Registry) else { return false };
        let (path, loaded) = {
            let turn = lock(registry.0.loading.turn());
            (turn.path(), turn.stamp)
        };
        let Some(path) = path else { return true };
        let now = Stamp::of(&path);
        if now == loaded {
            (self.last, self.restless) = (None, 0);
        } else if self.last == Some(now) || self.restless >= RESTLESS {
            (self.last, self.restless) = (None, 0);
            registry.load_again();
        } else {
            (self.last, self.restless) = (Some(now), self.restless + 1);
        }
        true
    }
}

/// What tells a file from the one that was there before under its name. Links are followed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Stamp(Option<Seen>);

#[derive(Clone, Copy, Debug, PartialEq)]
struct Seen {
    length: u64,
    modified: Option<SystemTime>,
    /// The device, the file's number on it, and when it last changed in any way.
    #[cfg(unix)]
    inode: (u64, u64, i64, i64),
}

impl Stamp {
    /// That of a file, or of none.
    pub(super) fn of(path: &Path) -> Self {
        Self(fs::metadata(path).ok().map(|found| Seen {
            length: found.len(),
            modified: found.modified().ok(),
            #[cfg(unix)]
            inode: {
                use std::os::unix::fs::MetadataExt as _;
                (found.dev(), found.ino(), found.ctime(), found.ctime_nsec())
            },
        }))
    }
}

#[cfg(all(test, not(cb_loom)))]
#[allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::{AlertKind, CircuitBreaker, Config, Source};

    /// A file, and a registry that has loaded it and watches it by hand.
    struct Watched {
        directory: TempDir,
        registry: Registry,
        watcher: Watcher,
    }

    impl Watched {
        /// Of the file of this name in a new directory that has been prepared.
        fn new(name: &str, prepare: impl FnOnce(&Path)) -> Self {
            let directory = tempfile::tempdir().unwrap();
            prepare(directory.path());
            let registry = Registry::new();
            registry.get_or_register("db", Config::default()).unwrap();
            let source = Source::file(directory.path().join(name)).without_variables();
            registry.load(source).unwrap();
            let watcher = Watcher::new(Arc::downgrade(&registry.0));
            Self { directory, registry, watcher }
        }

        fn of_file(threshold: &str) -> Self {
            Self::new("it.toml", |directory| {
                fs::write(directory.join("it.toml"), text(threshold)).unwrap();
            })
        }

        fn path(&self, name: &str) -> std::path::PathBuf {
            self.directory.path().join(name)
        }

        /// Puts another file in the place of the file.
        fn replace(&self, text: &str) {
            fs::write(self.path("new"), text).unwrap();
            fs::rename(self.path("new"), self.path("it.toml")).unwrap();
        }

        fn look(&mut self, times: usize) {
            for _ in 0..times {
                assert!(self.watcher.look());
            }
        }

        fn threshold(&self) -> u32 {
            self.registry.get("db").unwrap().config().failure_threshold()
        }

        /// The text of the alert that there is of loading.
        fn alert(&self) -> Option<String> {
            let mut alerts = self.registry.alerts().into_iter();
            alerts.find(|alert| alert.kind == AlertKind::Load).map(|alert| alert.text)
        }
    }

    fn text(threshold: &str) -> String {
        format!("[breakers.db]\nfailure_threshold = {threshold}\n")
    }

    #[test]
    fn a_file_that_another_is_put_in_the_place_of_is_loaded_once_it_looks_the_same_twice() {
        let mut watched = Watched::of_file("7");
        watched.look(3);
        assert_eq!(watched.threshold(), 7);

        watched.replace(&text("8"));

        watched.look(1);
        assert_eq!(watched.threshold(), 7);
        watched.look(1);
        assert_eq!(watched.threshold(), 8);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_is_moved_leads_to_another_file() {
        // As Kubernetes mounts a map: the file is a link through `..data`, which is what is moved.
        use std::os::unix::fs::symlink;
        let mut watched = Watched::new("it.toml", |directory| {
            for (of, threshold) in [("one", "7"), ("two", "8")] {
                fs::create_dir(directory.join(of)).unwrap();
                fs::write(directory.join(of).join("it.toml"), text(threshold)).unwrap();
            }
            symlink("one", directory.join("..data")).unwrap();
            symlink("..data/it.toml", directory.join("it.toml")).unwrap();
        });
        watched.look(2);
        assert_eq!(watched.threshold(), 7);

        symlink("two", watched.path("..new")).unwrap();
        fs::rename(watched.path("..new"), watched.path("..data")).unwrap();

        watched.look(2);
        assert_eq!(watched.threshold(), 8);
    }

    #[test]
    fn a_file_that_is_being_written_is_not_read_half() {
        let mut watched = Watched::of_file("7");
        fs::write(watched.path("it.toml"), "[breakers.db]\nfailure_thr").unwrap();
        watched.look(1);
        fs::write(watched.path("it.toml"), text("800")).unwrap();
        watched.look(1);
        assert_eq!(watched.alert(), None);
        watched.look(1);
        assert_eq!((watched.threshold(), watched.alert()), (800, None));
    }

    #[test]
    fn a_file_that_never_rests_is_loaded_all_the_same() {
        let mut watched = Watched::of_file("7");
        for threshold in ["80", "800", "8000", "80000"] {
            assert_eq!(watched.threshold(), 7);
            watched.replace(&text(threshold));
            watched.look(1);
        }
        assert_eq!(watched.threshold(), 80_000);
    }

    #[test]
    fn a_file_that_is_wrong_or_gone_changes_nothing_and_is_an_alert_until_it_is_mended() {
        let mut watched = Watched::of_file("7");

        watched.replace("[breakers.db]\nfailure_treshold = 8\n");
        watched.look(5);
        assert_eq!(watched.threshold(), 7);
        let alert = watched.alert().unwrap();
        let told = "line 2, `breakers.db.failure_treshold`: unknown setting: did you mean `failure_threshold`?";
        assert!(
            alert.contains("it.toml` was refused, and nothing was changed") && alert.contains(told),
            "{alert}"
        );

        fs::remove_file(watched.path("it.toml")).unwrap();
        watched.look(5);
        assert_eq!(watched.threshold(), 7);
        assert!(watched.alert().unwrap().contains("no such file"), "{:?}", watched.alert());

        watched.replace(&text("8"));
        watched.look(2);
        assert_eq!((watched.threshold(), watched.alert()), (8, None));
    }

    #[test]
    fn what_was_changed_between_loading_and_watching_is_seen() {
        let mut watched = Watched::of_file("7");
        watched.replace(&text("8"));
        watched.watcher = Watcher::new(Arc::downgrade(&watched.registry.0));
        watched.look(2);
        assert_eq!(watched.threshold(), 8);
    }

    #[test]
    fn it_ends_with_the_registry_and_wants_a_file() {
        let Watched { registry, mut watcher, .. } = Watched::of_file("7");
        drop(registry);
        assert!(!watcher.look());

        let registry = Registry::new();
        assert!(matches!(registry.watch(), Err(WatchError::NoFile)));
        registry.load(Source::toml("").without_variables()).unwrap();
        assert!(matches!(registry.watch(), Err(WatchError::NoFile)));
        let breaker: Option<CircuitBreaker> = registry.get("db");
        assert!(breaker.is_none());
    }
}
