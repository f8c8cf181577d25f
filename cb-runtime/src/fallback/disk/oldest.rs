//! Which of the files has to go.

use std::{collections::HashMap, time::SystemTime};

use foyer::{EvictionInfo, EvictionPicker};

/// Picks the file that was full, or was last written by an earlier run, the longest ago.
///
/// `foyer`'s own picker takes those of earlier runs in no order, so that of the answers of the last run
/// any may be the first to go.
#[derive(Debug)]
pub(super) struct OldestFirst {
    /// Of those that may be picked; the oldest is the smallest.
    ages: HashMap<u32, Age>,
    /// Of those that an earlier run has written, while they wait to be told of.
    written: HashMap<u32, SystemTime>,
    full: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Age {
    EarlierRun(SystemTime),
    /// It was the so-and-so-many-th to be full.
    ThisRun(u64),
}

impl OldestFirst {
    /// With the times when the files were written, by number.
    pub(super) fn new(written: impl IntoIterator<Item = (u32, SystemTime)>) -> Self {
        Self { ages: HashMap::new(), written: written.into_iter().collect(), full: 0 }
    }
}

impl EvictionPicker for OldestFirst {
    fn pick(&mut self, info: EvictionInfo<'_>) -> Option<u32> {
        // By number, where they were written at the same time: so they are taken into use.
        let age = |block: &u32| (self.ages.get(block).copied(), *block);
        info.evictable.iter().copied().min_by_key(age)
    }

    fn on_block_evictable(&mut self, _: EvictionInfo<'_>, block: u32) {
        let age = match self.written.remove(&block) {
            Some(written) => Age::EarlierRun(written),
            None => {
                self.full += 1;
                Age::ThisRun(self.full)
            }
        };
        self.ages.insert(block, age);
    }

    fn on_block_evict(&mut self, _: EvictionInfo<'_>, block: u32) {
        self.ages.remove(&block);
    }
}
