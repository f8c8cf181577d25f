//! How a store on disk is opened.

use std::{
    fmt,
    hash::Hash,
    marker::PhantomData,
    path::{self, Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use serde::{Serialize, de::DeserializeOwned};

use super::{
    DiskStore,
    desk::Desk,
    directory::{BLOCKS, Directory},
    error::DiskStoreError,
    record::Kind,
    writer::Writer,
};

const LEAST_DISK: u64 = 2 << 20;
const MOST_DISK: u64 = 64 << 30;
/// What the size of a file is a multiple of.
const GRAIN: u64 = 4_096;

/// The settings of a [`DiskStore`].
pub struct DiskStoreBuilder<K, V> {
    directory: PathBuf,
    memory: u32,
    disk: u64,
    write_every: Duration,
    version: u32,
    clock: fn() -> SystemTime,
    kind: PhantomData<fn(K) -> V>,
}

impl<K, V> DiskStoreBuilder<K, V>
where
    K: Hash + Eq + Serialize + DeserializeOwned + Send + Sync + 'static,
    V: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    pub(super) fn new(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
            memory: 1_000,
            disk: 64 << 20,
            write_every: Duration::from_secs(5),
            version: 0,
            clock: SystemTime::now,
            kind: PhantomData,
        }
    }

    /// How many answers are kept in memory, where they are found without reading the disk. 1000 by
    /// default; with 0 each look reads the disk, unless the answer is not yet there.
    #[must_use]
    pub fn memory(mut self, answers: u32) -> Self {
        self.memory = answers;
        self
    }

    /// How many bytes the answers may take on disk, from 2 MiB to 64 GiB; 64 MiB by default. They are
    /// taken at once. An answer takes a multiple of 4 KiB, and may not take more than a 32nd of all.
    ///
    /// To open a directory with another number is to empty it.
    #[must_use]
    pub fn disk(mut self, bytes: u64) -> Self {
        self.disk = bytes;
        self
    }

    /// How much time there is between two writings; 5 s by default.
    ///
    /// What came in meanwhile is lost if the program is killed. On the other hand each writing of an
    /// answer takes room, also where it only makes an older one younger, until a 32nd with the oldest is
    /// given up: if 100 answers of less than 4 KiB change all the time, 64 MiB last for 13 minutes, with
    /// 1 s between two writings for 3. An answer that nobody has asked for in that time is then in memory
    /// only.
    #[must_use]
    pub fn write_every(mut self, pause: Duration) -> Self {
        self.write_every = pause;
        self
    }

    /// The version of what keys and values mean; 0 by default. Answers of another version are not used.
    ///
    /// Change it with each change that JSON does not notice: of a price in euros to one in cents.
    #[must_use]
    pub fn version(mut self, version: u32) -> Self {
        self.version = version;
        self
    }

    /// Instead of the computer's.
    #[cfg(test)]
    pub(super) fn clock(mut self, clock: fn() -> SystemTime) -> Self {
        self.clock = clock;
        self
    }

    /// Opens the directory, or makes it, and finds out which answers it holds: that reads some pages of
    /// each of its 32 files. On any runtime; what the store does later does not depend on it.
    ///
    /// # Errors
    ///
    /// If a setting is out of range, the directory cannot be made or written, another store has it open,
    /// or the disk is too full. What is in the directory is no reason: damaged answers are left out.
    pub async fn open(self) -> Result<DiskStore<K, V>, DiskStoreError> {
        if !(LEAST_DISK..=MOST_DISK).contains(&self.disk) {
            return Err(DiskStoreError::Setting {
                setting: "disk",
                value: self.disk,
                expected: "from 2 MiB to 64 GiB are possible",
            });
        }
        let block_size = self.disk / u64::from(BLOCKS) / GRAIN * GRAIN;
        let block_length = usize::try_from(block_size).unwrap_or(usize::MAX);
        // As the program may change its own directory later.
        let directory = path::absolute(&self.directory)
            .map_err(|source| DiskStoreError::Directory { path: self.directory.clone(), source })?;
        let path = directory.clone().into_boxed_path();
        let kind = Kind::of::<K, V>(self.version);
        let memory = usize::try_from(self.memory).unwrap_or(usize::MAX);
        let desk = Arc::new(Desk::new(memory));
        let writer = Writer { desk: Arc::clone(&desk), kind, pause: self.write_every };
        let open = move || Directory::open(directory, block_size);
        let (cache, requests) = writer.start(open, block_length).await?;
        Ok(DiskStore { desk, cache, kind, clock: self.clock, requests, path })
    }
}

impl<K, V> fmt::Debug for DiskStoreBuilder<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DiskStoreBuilder")
            .field("directory", &self.directory)
            .field("memory", &self.memory)
            .field("disk", &self.disk)
            .field("write_every", &self.write_every)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}
