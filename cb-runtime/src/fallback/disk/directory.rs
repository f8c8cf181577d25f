//! The directory of one store: its lock, its files, and their size.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    process, thread,
    time::{Duration, Instant, SystemTime},
};

use super::error::DiskStoreError;

/// How many files the room on disk is divided into. The oldest is emptied when there is no other room,
/// and no answer is larger than one.
pub(super) const BLOCKS: u32 = 32;

/// Held by whoever has the store open. A process that ends, in whatever way, lets go of it.
const LOCK: &str = "lock";
/// How large the files are.
const LAYOUT: &str = "layout";
/// What `foyer` calls its files, before a number.
const BLOCK: &str = "foyer-storage-direct-fs-";
/// What a file begins with that holds no answers.
const FREE: [u8; 4_096] = [0; 4_096];

/// How long a store of this process that was dropped may take to write what it has.
const PATIENCE: Duration = Duration::from_secs(2);

/// A directory that this store alone has open, until it is dropped.
pub(super) struct Directory {
    path: PathBuf,
    _lock: File,
}

impl Directory {
    /// Makes the directory if need be, and its files, [`BLOCKS`] of them with this many bytes. Files of
    /// another size are emptied: nothing could be found in them.
    pub(super) fn open(path: PathBuf, block_size: u64) -> Result<Self, DiskStoreError> {
        create(&path).map_err(|source| failed(&path, source))?;
        let lock = lock(&path)?;
        let directory = Self { path, _lock: lock };
        directory.lay_out(block_size)?;
        directory.free_one()?;
        Ok(directory)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// When each file was written last, by number.
    pub(super) fn written(&self) -> Vec<(u32, SystemTime)> {
        let numbers = 0..BLOCKS;
        numbers.filter_map(|number| Some((number, written(&self.block(number)).ok()?))).collect()
    }

    /// Puts those times back: `foyer` sets the length of each file when it opens it, which to the system
    /// is to write it.
    pub(super) fn set_written(&self, times: &[(u32, SystemTime)]) {
        for (number, time) in times {
            // A file that cannot be given its time back is taken for a later one, and goes later.
            let file = open_private().open(self.block(*number));
            let _ = file.and_then(|file| file.set_modified(*time));
        }
    }

    fn blocks(&self) -> impl Iterator<Item = PathBuf> {
        (0..BLOCKS).map(|number| self.block(number))
    }

    fn block(&self, number: u32) -> PathBuf {
        self.path.join(format!("{BLOCK}{number:08}"))
    }

    fn lay_out(&self, block_size: u64) -> Result<(), DiskStoreError> {
        let layout = self.path.join(LAYOUT);
        let expected = format!("cb-runtime 1: {BLOCKS} files of {block_size} bytes\n");
        if fs::read(&layout).ok().as_deref() != Some(expected.as_bytes()) {
            self.clear().map_err(|source| failed(&self.path, source))?;
        }
        self.fill(block_size)?;
        write_private(&layout, expected.as_bytes()).map_err(|source| failed(&layout, source))
    }

    /// Removes the files of a store; nothing else that may be there.
    fn clear(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(BLOCK) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// Takes all the room on disk at once: a disk that is full is found out now and not when an answer
    /// is to be kept, and the store stays within its bound.
    fn fill(&self, block_size: u64) -> Result<(), DiskStoreError> {
        let files: Vec<PathBuf> = self.blocks().collect();
        let missing = |file: &PathBuf| {
            let there = fs::metadata(file).map_or(0, |file| file.len());
            block_size.saturating_sub(there)
        };
        let needed: u64 = files.iter().map(missing).sum();
        if needed == 0 {
            return Ok(());
        }
        let free = fs4::available_space(&self.path).map_err(|source| failed(&self.path, source))?;
        if needed > free {
            return Err(DiskStoreError::Full { path: self.path.clone(), needed, free });
        }
        for file in &files {
            if let Err(source) = extend(file, block_size) {
                // What has been taken is given back, above all where the disk is full now.
                let _ = self.clear();
                return Err(failed(file, source));
            }
        }
        Ok(())
    }

    /// Frees the oldest file if none is free. `foyer` frees a file when it begins another, and at no other
    /// time: of a process that was killed just after it had begun the last one, it would wait for ever for
    /// a free one.
    fn free_one(&self) -> Result<(), DiskStoreError> {
        for file in self.blocks() {
            if is_free(&file).map_err(|source| failed(&file, source))? {
                return Ok(());
            }
        }
        let oldest = self.blocks().min_by_key(|file| written(file).ok());
        oldest.map_or(Ok(()), |file| free(&file).map_err(|source| failed(&file, source)))
    }
}

fn written(file: &Path) -> io::Result<SystemTime> {
    fs::metadata(file)?.modified()
}

fn is_free(file: &Path) -> io::Result<bool> {
    let mut beginning = FREE;
    File::open(file)?.read_exact(&mut beginning)?;
    Ok(beginning == FREE)
}

fn free(file: &Path) -> io::Result<()> {
    open_private().open(file)?.write_all(&FREE)
}

/// What answers say is the business of the user alone that the program runs as.
fn create(path: &Path) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        done => done,
    }
}

fn open_private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = open_private().open(path)?;
    file.set_len(0)?;
    file.write_all(content)
}

fn lock(path: &Path) -> Result<File, DiskStoreError> {
    let name = path.join(LOCK);
    let failed = |source| failed(&name, source);
    let mut file = open_private().open(&name).map_err(failed)?;
    // By the system's clock, here and below: it is other processes that are waited for.
    let given_up = Instant::now() + PATIENCE;
    while !is_locked(&file).map_err(failed)? {
        let mut holder = String::new();
        let read = file.rewind().and_then(|()| file.read_to_string(&mut holder));
        let process = read.ok().and(holder.trim().parse().ok());
        if process != Some(process::id()) || Instant::now() > given_up {
            return Err(DiskStoreError::InUse { path: path.to_owned(), process });
        }
        // Nobody tells when a lock of a file is free: a program that this one is just starting has a
        // copy of it for a moment longer than the store that let go. On a thread of the store's own.
        thread::sleep(Duration::from_millis(5));
    }
    // Only to be told to others, so that a failure is none.
    let _ = file
        .set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| write!(file, "{}", process::id()));
    Ok(file)
}

/// Whether the lock is ours now.
#[allow(clippy::incompatible_msrv, reason = "`foyer` needs a later Rust than `File::try_lock`")]
fn is_locked(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(source)) => Err(source),
    }
}

/// With zeros that are written, as a file that is only told its length takes no room yet.
fn extend(path: &Path, size: u64) -> io::Result<()> {
    const ZEROS: &[u8] = &[0; 64 * 1_024];
    let mut file = open_private().open(path)?;
    let mut missing = size.saturating_sub(file.seek(SeekFrom::End(0))?);
    while missing > 0 {
        let part = usize::try_from(missing).unwrap_or(ZEROS.len()).min(ZEROS.len());
        file.write_all(&ZEROS[..part])?;
        missing -= part as u64;
    }
    Ok(())
}

fn failed(path: &Path, source: io::Error) -> DiskStoreError {
    DiskStoreError::Directory { path: path.to_owned(), source }
}
