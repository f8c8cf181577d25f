//! Files that are not what they were.

use std::{
    fs,
    panic::{set_hook, take_hook},
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
};

use super::*;

const DISK: u64 = 2 << 20;
const KEYS: u32 = 60;

fn page(key: u32) -> Page {
    Page::with_most(key, 0, 50_000)
}

async fn open_small(directory: &Path) -> Pages {
    DiskStore::builder(directory).disk(DISK).memory(0).open().await.unwrap()
}

/// The files of a store, as they were when it was closed.
struct Original(Vec<(PathBuf, Vec<u8>)>);

impl Original {
    async fn new(directory: &Path) -> Self {
        let store = open_small(directory).await;
        for key in 0..KEYS {
            store.put(key, page(key));
        }
        store.close().await;
        let mut files: Vec<_> = fs::read_dir(directory)
            .unwrap()
            .map(|file| file.unwrap().path())
            .map(|path| (path.clone(), fs::read(path).unwrap()))
            .collect();
        files.sort();
        Self(files)
    }

    fn restore(&self) {
        for (path, content) in &self.0 {
            fs::write(path, content).unwrap();
        }
    }

    /// Those with answers in them.
    fn used(&self) -> Vec<&(PathBuf, Vec<u8>)> {
        self.0.iter().filter(|(_, content)| content.iter().any(|byte| *byte != 0)).collect()
    }
}

/// How many answers are still there; those are whole.
async fn count(directory: &Path) -> u32 {
    let store = open_small(directory).await;
    let mut found = 0;
    for key in 0..KEYS {
        if let Some(answer) = store.get(&key).await {
            assert_eq!(answer.value, page(key));
            found += 1;
        }
    }
    // It is fit for use.
    store.put(KEYS, page(KEYS));
    store.flush().await;
    assert_eq!(store.get(&KEYS).await.unwrap().value, page(KEYS));
    store.close().await;
    found
}

/// Counts the panics in the threads of stores from now on.
fn watch_panics() -> &'static AtomicU32 {
    static PANICS: AtomicU32 = AtomicU32::new(0);
    let before = take_hook();
    set_hook(Box::new(move |panic| {
        if std::thread::current().name() == Some("cb-disk-cache") {
            PANICS.fetch_add(1, Ordering::Relaxed);
        }
        before(panic);
    }));
    &PANICS
}

#[tokio::test]
async fn given_files_with_damage_when_the_store_is_opened_then_nothing_wrong_comes_out() {
    let panics = watch_panics();
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let original = Original::new(directory).await;
    assert_eq!(count(directory).await, KEYS);
    let mut random = fastrand::Rng::with_seed(11);
    let mut some_are_left = 0;

    // One byte each, all over the beginnings: the index, and the first entries with their headers.
    let used = original.used();
    let (first, content) =
        used.iter().find(|(path, _)| path.ends_with("foyer-storage-direct-fs-00000000")).unwrap();
    for place in (0..40).chain(4_096..4_160) {
        original.restore();
        let mut damaged = content.clone();
        damaged[place] ^= 1 << random.u32(..8);
        fs::write(first, damaged).unwrap();
        some_are_left += u32::from(count(directory).await > 0);
    }
    // Many bytes anywhere, whole pages of zeros or of another place, and files that were cut short.
    for _ in 0..150 {
        original.restore();
        for _ in 0..random.u32(1..6) {
            let (path, _) = used[random.usize(..used.len())];
            let mut damaged = fs::read(path).unwrap();
            damage(&mut damaged, &mut random);
            fs::write(path, damaged).unwrap();
        }
        some_are_left += u32::from(count(directory).await > 0);
    }
    assert!(some_are_left > 150, "{some_are_left}");
    assert_eq!(panics.load(Ordering::Relaxed), 0);
}

fn damage(file: &mut Vec<u8>, random: &mut fastrand::Rng) {
    let Some(pages) = (file.len() / 4_096).checked_sub(1).filter(|pages| *pages > 0) else {
        return;
    };
    let (page, other) = (random.usize(..pages) * 4_096, random.usize(..pages) * 4_096);
    match random.u32(..5) {
        0 => file.truncate(random.usize(..file.len())),
        1 => file[page..page + 4_096].fill(0),
        2 => file.copy_within(page..page + 4_096, other),
        3 => {
            let end = (page + random.usize(..20_000)).min(file.len());
            random.fill(&mut file[page..end]);
        }
        _ => {
            for _ in 0..random.u32(1..50) {
                let place = random.usize(..file.len());
                file[place] = random.u8(..);
            }
        }
    }
}

#[tokio::test]
async fn given_files_that_are_missing_or_of_no_store_when_it_is_opened_then_they_are_made_anew() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let original = Original::new(directory).await;
    for (path, _) in &original.0 {
        original.restore();
        fs::remove_file(path).unwrap();
        count(directory).await;
        original.restore();
        fs::write(path, "of something else").unwrap();
        count(directory).await;
    }
    // Of others, nothing is touched.
    fs::write(directory.join("notes.txt"), "mine").unwrap();
    fs::write(directory.join("layout"), "unknown").unwrap();
    assert_eq!(count(directory).await, 0);
    assert_eq!(fs::read_to_string(directory.join("notes.txt")).unwrap(), "mine");
}
