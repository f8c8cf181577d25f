//! The second tier: `foyer`, with its own memory unused, as there values would have to be decoded at
//! each look.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use foyer::{
    BlockEngineConfig, DeviceBuilder, FsDeviceBuilder, HybridCache, HybridCacheBuilder,
    HybridCachePolicy, Load, PsyncIoEngineConfig, RecoverMode, Spawner,
};
use tokio::{runtime::Handle, time::timeout};

use super::{
    directory::{BLOCKS, Directory},
    error::DiskStoreError,
    oldest::OldestFirst,
    record::Text,
};

/// What `foyer` aligns entries to.
const PAGE: usize = 4_096;
/// What it puts before an entry: lengths, hash, sequence, checksum, a magic number.
const ENTRY_HEADER: usize = 36;
/// Where it lists what is in a part of a block.
const INDEX: usize = PAGE;
/// A disk that has not taken what it was given after so long will not do it any more.
const STUCK: Duration = Duration::from_secs(60);

/// A handle of the cache on disk; a clone is the same cache.
#[derive(Clone)]
pub(super) struct Cache {
    entries: HybridCache<Text, Text>,
    runtime: Handle,
    /// In bytes. `foyer` drops what goes beyond without a word.
    buffer: usize,
    largest: usize,
}

/// The disk did not take what it was given.
pub(super) struct Stuck;

impl Cache {
    /// Opens what is in the directory. Whatever is damaged in there is as if it were not there.
    pub(super) async fn open(
        directory: &Directory,
        block_size: usize,
    ) -> Result<Self, DiskStoreError> {
        let unreadable = |error: foyer::Error| DiskStoreError::Unreadable {
            path: directory.path().to_owned(),
            reason: error.to_string(),
        };
        let device = FsDeviceBuilder::new(directory.path())
            .with_capacity(block_size.saturating_mul(BLOCKS as usize))
            .build()
            .map_err(unreadable)?;
        let buffer = block_size.saturating_mul(2);
        let written = directory.written();
        let is_open = Arc::new(AtomicBool::new(false));
        let oldest_first = OldestFirst::new(written.iter().copied(), Arc::clone(&is_open));
        let runtime = Handle::current();
        let entries = HybridCacheBuilder::new()
            .with_name("stale answers")
            .with_policy(HybridCachePolicy::WriteOnInsertion)
            .with_flush_on_close(false)
            .memory(1)
            .with_shards(1)
            .with_filter(|_, _| false)
            .storage()
            .with_io_engine_config(PsyncIoEngineConfig::new())
            .with_engine_config(
                BlockEngineConfig::new(device)
                    .with_block_size(block_size)
                    .with_blob_index_size(INDEX)
                    .with_buffer_pool_size(buffer)
                    .with_submit_queue_size_threshold(usize::MAX)
                    .with_indexer_shards(8)
                    .with_eviction_pickers(vec![Box::new(oldest_first)]),
            )
            .with_recover_mode(RecoverMode::Quiet)
            .with_spawner(Spawner::from(runtime.clone()))
            .build()
            .await
            .map_err(unreadable)?;
        directory.set_written(&written);
        is_open.store(true, Ordering::Relaxed);
        Ok(Self { entries, runtime, buffer, largest: block_size - INDEX })
    }

    /// What an entry takes of the disk, in bytes. `None` if it is too large.
    pub(super) fn size(&self, key: &Text, value: &Text) -> Option<usize> {
        let size = (ENTRY_HEADER + key.len() + value.len()).next_multiple_of(PAGE);
        (size <= self.largest).then_some(size)
    }

    /// How many bytes may be put before they have to be [`written`](Self::written).
    pub(super) fn buffer(&self) -> usize {
        self.buffer
    }

    pub(super) fn put(&self, key: Text, value: Text) {
        drop(self.entries.storage_writer(key).insert(value));
    }

    /// Returns when the operating system has all that was put.
    pub(super) async fn written(&self) -> Result<(), Stuck> {
        let storage = self.entries.storage().clone();
        // In a task, as `foyer` panics where an earlier failure has left it in disorder.
        let waiting = self.runtime.spawn(async move { storage.wait().await });
        match timeout(STUCK, waiting).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(Stuck),
        }
    }

    /// The entry of a key, as `read` sees it. In a task of this store's, for the same reason; and a
    /// caller that does not wait leaves no half of a reading behind.
    pub(super) async fn find<T: Send + 'static>(
        &self,
        key: Text,
        read: impl FnOnce(&Text) -> Option<T> + Send + 'static,
    ) -> Option<T> {
        let storage = self.entries.storage().clone();
        let looking = self.runtime.spawn(async move {
            match storage.load(&key).await.ok()? {
                Load::Entry { value, .. } => read(&value),
                Load::Piece { piece, .. } => read(piece.value()),
                Load::Throttled | Load::Miss => None,
            }
        });
        looking.await.ok().flatten()
    }

    pub(super) async fn close(&self) {
        let entries = self.entries.clone();
        let closing = self.runtime.spawn(async move { entries.close().await });
        let _ = timeout(STUCK, closing).await;
    }
}
