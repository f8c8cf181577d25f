//! On disk, with real processes and real files.

mod bounds;
mod child;
mod damaged;
mod killed;
mod refused;
mod restart;

use std::path::Path;

use cb_runtime::{DiskStore, DiskStoreError, StaleStore};
use serde::{Deserialize, Serialize};

/// A value that shows whether it is whole, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Page {
    key: u32,
    serial: u32,
    body: String,
}

impl Page {
    /// From 100 bytes to 100 KB, most of them small, and the same for the same numbers.
    fn new(key: u32, serial: u32) -> Self {
        Self::with_most(key, serial, 100_000)
    }

    fn with_most(key: u32, serial: u32, most: usize) -> Self {
        let mut random = fastrand::Rng::with_seed(u64::from(key) << 32 | u64::from(serial));
        let length = match random.u32(..10) {
            0 => random.usize(20_000.min(most)..=most),
            1..4 => random.usize(4_000..=20_000.min(most)),
            _ => random.usize(100..4_000),
        };
        let body = (0..length).map(|_| random.alphanumeric()).collect();
        Self { key, serial, body }
    }
}

type Pages = DiskStore<u32, Page>;

async fn open(directory: &Path) -> Pages {
    try_open(directory).await.unwrap()
}

/// Without memory, so that all comes from the disk.
async fn try_open(directory: &Path) -> Result<Pages, DiskStoreError> {
    DiskStore::builder(directory).memory(0).open().await
}

/// The serial number of the page that is found, which is whole.
async fn serial(store: &Pages, key: u32) -> Option<u32> {
    let page = store.get(&key).await?.value;
    assert_eq!(page, Page::new(key, page.serial));
    Some(page.serial)
}
