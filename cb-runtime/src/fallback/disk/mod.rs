//! Stale answers on disk.

mod builder;
mod cache;
mod desk;
mod directory;
mod error;
mod oldest;
mod record;
#[cfg(test)]
mod tests;
mod writer;

use std::{fmt, hash::Hash, path::Path, sync::Arc, time::SystemTime};

pub use builder::DiskStoreBuilder;
pub use error::DiskStoreError;

use cache::Cache;
use desk::{Answer, Desk, News};
use record::Kind;
use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::{mpsc::UnboundedSender, oneshot};
use writer::Request;

use super::stale::{StaleAnswer, StaleStore};
use crate::clock::Tick;

/// Keeps the last good answers in memory and on disk, so that they survive a restart of the program.
///
/// Feature `disk-cache`; on [foyer](https://docs.rs/foyer). Needs Rust 1.91 and a C compiler.
///
/// ```no_run
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// use cb_runtime::DiskStore;
///
/// let answers: DiskStore<String, f64> =
///     DiskStore::builder("/var/cache/shop/prices").disk(64 << 20).open().await?;
/// # Ok(())
/// # }
/// ```
///
/// # What is where
///
/// An answer is in memory at once and on disk a little later: [`put`](StaleStore::put) never waits, and a
/// thread of the store's own writes what has come in, at most once in
/// [`write_every`](DiskStoreBuilder::write_every) (5 s); of several answers for one key the last. If the
/// program is killed, it loses what came in after the last writing; with a power cut also what the
/// operating system had not yet written. [`flush`](Self::flush) writes at once, [`close`](Self::close) at
/// an orderly end. A store that is dropped writes in the background, for which the end of the program
/// does not wait.
///
/// Both places are bounded: the memory by [`memory`](DiskStoreBuilder::memory) answers, and up to 8192
/// more that are not yet on disk; the disk by [`disk`](DiskStoreBuilder::disk) bytes, which are taken when
/// the store is opened. Where there is no room for a new answer, the oldest go: in memory one by one, on
/// disk a 32nd of all. Each start of the program begins a new 32nd.
///
/// # What comes out
///
/// Never a value that was not put under this very key, and never an error: an entry that is damaged, cut
/// short, or that the program cannot read any more, is as if it were not there. Keys and values are
/// written as JSON, with a checksum, the names of their types, and a [`version`](DiskStoreBuilder::version)
/// for the case that a type stays the same and its meaning does not. A key that does not come out of JSON
/// as it went in, and a value that cannot be written as JSON or is larger than a 32nd of the room, is kept
/// in memory only; the first one is told to the log.
///
/// Ages go by tokio's clock, as everywhere, for what this process has put. For what an earlier one has
/// put there is only the clock of the computer: where that has been set back, so that an entry would be
/// from the future, it is as if it were not there.
///
/// # One directory each
///
/// Each function needs a store of its own, and each store a directory of its own. Several may be
/// directories in a common one. A second store on a directory, of this or of another process, is refused.
pub struct DiskStore<K, V> {
    desk: Arc<Desk<K, V>>,
    cache: Cache,
    kind: Kind,
    /// The clock of the computer, but in tests.
    clock: fn() -> SystemTime,
    requests: UnboundedSender<Request>,
    path: Box<Path>,
}

impl<K, V> DiskStore<K, V>
where
    K: Hash + Eq + Serialize + DeserializeOwned + Send + Sync + 'static,
    V: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    /// A store in this directory, with settings that can be changed before it is opened.
    pub fn builder(directory: impl AsRef<Path>) -> DiskStoreBuilder<K, V> {
        DiskStoreBuilder::new(directory.as_ref())
    }

    /// Returns when all that was put before is with the operating system.
    pub async fn flush(&self) {
        let (done, flushed) = oneshot::channel();
        if self.requests.send(Request::Flush(done)).is_ok() {
            let _ = flushed.await;
        }
    }

    /// Writes what is not yet on disk, and lets go of the directory, which may then be opened anew. From
    /// then on this store goes on in memory only.
    pub async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.requests.send(Request::Close(done)).is_ok() {
            let _ = closed.await;
        }
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    async fn read(&self, key: &K) -> Option<StaleAnswer<V>> {
        let text = record::write_key(key)?;
        let owned = record::read_key(&text)?;
        let (kind, clock) = (self.kind, self.clock);
        let read = move |value: &record::Text| record::read_value::<V>(value, kind, clock());
        let (value, age) = self.cache.find(text, read).await?;
        let answer = Answer {
            value: value.clone(),
            since: Tick::now().before(age),
            // It is not written again.
            stored: SystemTime::UNIX_EPOCH,
        };
        self.desk.remember(owned, answer);
        Some(StaleAnswer::new(value, age))
    }
}

#[diagnostic::do_not_recommend]
impl<K, V> StaleStore<K, V> for DiskStore<K, V>
where
    K: Hash + Eq + Serialize + DeserializeOwned + Send + Sync + 'static,
    V: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    fn put(&self, key: K, value: V) {
        let answer = Answer { value, since: Tick::now(), stored: (self.clock)() };
        if self.desk.put(key, answer) == News::Some {
            // A store that has been closed writes no more.
            let _ = self.requests.send(Request::Write);
        }
    }

    async fn get(&self, key: &K) -> Option<StaleAnswer<V>> {
        match self.desk.find(key) {
            Some(answer) => Some(StaleAnswer::new(answer.value.clone(), answer.age(Tick::now()))),
            None => self.read(key).await,
        }
    }
}

impl<K, V> fmt::Debug for DiskStore<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DiskStore").field("path", &self.path).finish_non_exhaustive()
    }
}
