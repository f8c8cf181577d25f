//! The thread that writes answers to disk, and on which they are read.

use std::{hash::Hash, io, sync::Arc, thread, time::Duration};

use serde::{Serialize, de::DeserializeOwned};
use tokio::{
    runtime::Builder,
    sync::{
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
        oneshot,
    },
    task::JoinError,
    time::{Instant, timeout_at},
};

use super::{
    cache::{Cache, Stuck},
    desk::{Answer, Desk},
    directory::Directory,
    error::DiskStoreError,
    record::{self, Kind},
};

/// In the place of a pause that goes beyond all clocks.
const FOREVER: Duration = Duration::from_secs(10 * 365 * 24 * 3_600);

/// What the thread is told.
pub(super) enum Request {
    /// There are answers to write.
    Write,
    /// The same, at once, and an answer when that is done.
    Flush(oneshot::Sender<()>),
    /// The same, and to end after it. The answer comes when the directory is free.
    Close(oneshot::Sender<()>),
}

pub(super) struct Writer<K, V> {
    pub(super) desk: Arc<Desk<K, V>>,
    pub(super) kind: Kind,
    /// How much time there is at least between two writings.
    pub(super) pause: Duration,
}

impl<K, V> Writer<K, V>
where
    K: Hash + Eq + Serialize + DeserializeOwned + Send + Sync + 'static,
    V: Serialize + Send + Sync + 'static,
{
    /// Starts the thread, and returns when what the directory holds can be read.
    ///
    /// A thread and a runtime of its own: so it does not matter on which runtime a store was opened, and
    /// how busy or how long-lived that is.
    pub(super) async fn start(
        self,
        open: impl FnOnce() -> Result<Directory, DiskStoreError> + Send + 'static,
        block_size: usize,
    ) -> Result<(Cache, UnboundedSender<Request>), DiskStoreError> {
        let (requests, received) = unbounded_channel();
        let (opened, ready) = oneshot::channel();
        thread::Builder::new()
            .name("cb-disk-cache".to_owned())
            .spawn(move || self.run(open, block_size, received, opened))
            .map_err(|source| DiskStoreError::Thread { source })?;
        match ready.await {
            Ok(opened) => Ok((opened?, requests)),
            // The thread is gone without a word: it has panicked.
            Err(_) => Err(DiskStoreError::Thread { source: io::Error::other("it panicked") }),
        }
    }

    fn run(
        self,
        open: impl FnOnce() -> Result<Directory, DiskStoreError>,
        block_size: usize,
        received: UnboundedReceiver<Request>,
        opened: oneshot::Sender<Result<Cache, DiskStoreError>>,
    ) {
        let runtime = Builder::new_current_thread().enable_time().max_blocking_threads(4).build();
        let runtime = match runtime {
            Ok(runtime) => runtime,
            Err(source) => {
                let _ = opened.send(Err(DiskStoreError::Thread { source }));
                return;
            }
        };
        let directory = match open() {
            Ok(directory) => directory,
            Err(error) => {
                let _ = opened.send(Err(error));
                return;
            }
        };
        let closed = runtime.block_on(async {
            // In a task, so that a panic of `foyer` over what it finds there is an error like others.
            let path = directory.path().to_owned();
            let opening =
                tokio::spawn(
                    async move { Ok((Cache::open(&directory, block_size).await?, directory)) },
                );
            let panicked = |error: JoinError| {
                Err(DiskStoreError::Unreadable { path, reason: error.to_string() })
            };
            let (cache, directory) = match opening.await.unwrap_or_else(panicked) {
                Ok(opening) => opening,
                Err(error) => {
                    let _ = opened.send(Err(error));
                    return None;
                }
            };
            if opened.send(Ok(cache.clone())).is_err() {
                return None;
            }
            let closed = self.serve(&cache, received).await;
            cache.close().await;
            Some((directory, closed))
        });
        // Ends what may still be reading or writing, and only then lets others have the directory.
        drop(runtime);
        if let Some((directory, closed)) = closed {
            drop(directory);
            if let Some(closed) = closed {
                let _ = closed.send(());
            }
        }
    }

    /// Until the store is closed or dropped. Who has to be told of it, is returned.
    async fn serve(
        &self,
        cache: &Cache,
        mut received: UnboundedReceiver<Request>,
    ) -> Option<oneshot::Sender<()>> {
        let mut health = Health::default();
        let mut due = Instant::now();
        let mut flushed = Vec::new();
        loop {
            let mut end = match received.recv().await {
                Some(Request::Write) => None,
                Some(Request::Flush(done)) => {
                    flushed.push(done);
                    None
                }
                Some(Request::Close(done)) => Some(Some(done)),
                None => Some(None),
            };
            while end.is_none() && flushed.is_empty() && !self.desk.has_many() {
                match timeout_at(due, received.recv()).await {
                    Ok(Some(Request::Write)) => {}
                    Ok(Some(Request::Flush(done))) => flushed.push(done),
                    Ok(Some(Request::Close(done))) => end = Some(Some(done)),
                    Ok(None) => end = Some(None),
                    Err(_) => break,
                }
            }
            self.write(cache, &mut health).await;
            let now = Instant::now();
            due = now.checked_add(self.pause).unwrap_or_else(|| now + FOREVER);
            for done in flushed.drain(..) {
                let _ = done.send(());
            }
            if let Some(closed) = end {
                return closed;
            }
        }
    }

    async fn write(&self, cache: &Cache, health: &mut Health) {
        let answers = self.desk.write();
        if health.is_stuck {
            self.desk.written();
            return;
        }
        let mut written = Ok(());
        let mut room = cache.buffer();
        for (key, answer) in answers.iter() {
            let Some((key, value)) = self.text(key, answer) else {
                health.unwritable("it cannot be written as JSON and read back");
                continue;
            };
            let Some(size) = cache.size(&key, &value) else {
                health.unwritable("it is larger than a 32nd of the room on disk");
                continue;
            };
            if size > room {
                written = cache.written().await;
                if written.is_err() {
                    break;
                }
                room = cache.buffer();
            }
            room -= size;
            cache.put(key, value);
            // Answers are read on this thread too.
            tokio::task::yield_now().await;
        }
        if written.is_ok() {
            written = cache.written().await;
        }
        if let Err(Stuck) = written {
            health.stuck();
        }
        self.desk.written();
    }

    fn text(&self, key: &K, answer: &Answer<V>) -> Option<(record::Text, record::Text)> {
        let key = record::write_key(key)?;
        let value = record::write_value(&answer.value, self.kind, answer.stored)?;
        Some((key, value))
    }
}

/// What has been said already: it goes for each answer, and would be said with each.
#[derive(Default)]
struct Health {
    is_stuck: bool,
    unwritable_is_known: bool,
}

impl Health {
    fn unwritable(&mut self, reason: &'static str) {
        if !std::mem::replace(&mut self.unwritable_is_known, true) {
            tracing::warn!(reason, "a stale answer is kept in memory only");
        }
    }

    fn stuck(&mut self) {
        self.is_stuck = true;
        tracing::error!(
            "the disk takes no more stale answers: from now on they are kept in memory only"
        );
    }
}
