//! Which of the files has to go.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::SystemTime,
};

use foyer::{EvictionInfo, EvictionPicker};

/// Picks the file that was full, or was last written by an earlier run, the longest ago.
///
/// `foyer`'s own picker takes those of earlier runs in no order, so that of the answers of the last run
/// any may be the first to go.
#[derive(Debug)]
pub(super) struct OldestFirst {
    /// Of those that may be picked; the oldest is the smallest.
    ages: HashMap<u32, Age>,
    /// When each was written last, before this run.
    written: HashMap<u32, SystemTime>,
    /// Until then, what may be picked is of earlier runs.
    is_open: Arc<AtomicBool>,
    full: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Age {
    EarlierRun(SystemTime),
    /// It was the so-and-so-many-th to be full.
    ThisRun(u64),
}

impl OldestFirst {
    /// With the times when the files were written, by number. `is_open` tells it later that what earlier
    /// runs have left has been read.
    pub(super) fn new(
        written: impl IntoIterator<Item = (u32, SystemTime)>,
        is_open: Arc<AtomicBool>,
    ) -> Self {
        Self { ages: HashMap::new(), written: written.into_iter().collect(), is_open, full: 0 }
    }
}

impl EvictionPicker for OldestFirst {
    fn pick(&mut self, info: EvictionInfo<'_>) -> Option<u32> {
        // By number, where they were written at the same time: so they are taken into use.
        let age = |block: &u32| (self.ages.get(block).copied(), *block);
        info.evictable.iter().copied().min_by_key(age)
    }

    fn on_block_evictable(&mut self, _: EvictionInfo<'_>, block: u32) {
        let age = if self.is_open.load(Ordering::Relaxed) {
            self.full += 1;
            Age::ThisRun(self.full)
        } else {
            Age::EarlierRun(self.written.get(&block).copied().unwrap_or(SystemTime::UNIX_EPOCH))
        };
        self.ages.insert(block, age);
    }

    fn on_block_evict(&mut self, _: EvictionInfo<'_>, block: u32) {
        self.ages.remove(&block);
    }
}
