//! `kill -9` in the middle of writing.

use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use super::{
    child::{Process, tell},
    *,
};

const ROUNDS: u32 = 25;
/// Are written once, at the beginning.
const OLD: std::ops::Range<u32> = 1_000..1_050;
/// Are written again and again.
const BUSY: u32 = 12;

/// So many are put in a round at most, as what is said is read later: all rounds find room on the disk.
const MOST: u32 = 64;

/// What the child does: says what it has put, and what has been flushed, until it is killed.
pub(crate) async fn write(directory: &Path, round: u32) {
    let store: Pages =
        DiskStore::builder(directory).memory(3).write_every(Duration::ZERO).open().await.unwrap();
    for number in 0..MOST {
        let serial = round * 1_000 + number;
        store.put(serial % BUSY, Page::new(serial % BUSY, serial));
        tell("put", serial);
        if number % 7 == 6 {
            store.flush().await;
            tell("flushed", serial);
        }
    }
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn given_a_process_that_is_killed_while_it_writes_when_the_next_one_opens_then_only_the_latest_may_be_lost()
 {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path()).await;
    for key in OLD {
        store.put(key, Page::new(key, 0));
    }
    store.close().await;

    let mut random = fastrand::Rng::with_seed(7);
    // By key: what was flushed last, and what was put last.
    let mut flushed = vec![None; BUSY as usize];
    let mut put = flushed.clone();
    let mut in_flight_were_kept = 0;
    for round in 1..=ROUNDS {
        let mut process = Process::start("writes until killed", directory.path(), round);
        for _ in 0..random.u32(1..MOST) {
            let line = process.line().unwrap();
            let (what, number) = line.split_once(' ').unwrap();
            let number: u32 = number.parse().unwrap();
            match what {
                "put" => put[(number % BUSY) as usize] = Some(number),
                _ => flushed.clone_from(&put),
            }
        }
        process.kill();

        let store = open(directory.path()).await;
        for key in 0..BUSY {
            let flushed = flushed[key as usize];
            // The process went on for a moment after what was read of its words.
            let found = serial(&store, key).await;
            assert!(
                found >= flushed,
                "round {round}, {key}: {found:?} after {flushed:?} was flushed"
            );
            assert!(found.is_none_or(|found| found < (round + 1) * 1_000));
            // What was lost now cannot come back.
            let put = std::mem::replace(&mut put[key as usize], found);
            in_flight_were_kept += u32::from(found > flushed && put >= found);
        }
        for key in OLD {
            assert_eq!(serial(&store, key).await, Some(0), "round {round}");
        }
        store.close().await;
    }
    // Not by chance: the kills came in the middle of writing.
    assert!(in_flight_were_kept > 0);
}

/// What another child does: fills a small disk over and over.
pub(crate) async fn fill(directory: &Path, round: u32) {
    let store = small(directory).await;
    for number in 0..SMALL_MOST {
        let serial = round * 1_000 + number;
        store.put(serial % SMALL_KEYS, small_page(serial % SMALL_KEYS, serial));
        tell("put", serial);
        if number % 5 == 4 {
            store.flush().await;
        }
    }
    std::future::pending::<()>().await;
}

const SMALL_MOST: u32 = 300;
const SMALL_KEYS: u32 = 41;

fn small_page(key: u32, serial: u32) -> Page {
    Page::with_most(key, serial, 50_000)
}

async fn small(directory: &Path) -> Pages {
    let builder = DiskStore::builder(directory).disk(2 << 20).memory(0);
    builder.write_every(Duration::ZERO).open().await.unwrap()
}

#[tokio::test]
async fn given_a_process_that_is_killed_while_it_writes_over_old_answers_when_the_next_one_opens_then_all_are_whole()
 {
    let directory = tempfile::tempdir().unwrap();
    let mut random = fastrand::Rng::with_seed(13);
    let mut found = 0;
    for round in 1..=12 {
        let mut process = Process::start("fills until killed", directory.path(), round);
        for _ in 0..random.u32(100..SMALL_MOST) {
            process.line().unwrap();
        }
        process.kill();

        let store = small(directory.path()).await;
        for key in 0..SMALL_KEYS {
            if let Some(answer) = store.get(&key).await {
                let serial = answer.value.serial;
                assert_eq!(answer.value, small_page(key, serial), "round {round}");
                assert_eq!(serial % SMALL_KEYS, key);
                found += 1;
            }
        }
        store.close().await;
    }
    assert!(found > 12 * SMALL_KEYS / 2, "{found}");
}

/// The files that answers are written to.
fn files(directory: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(directory).unwrap().map(|file| file.unwrap().path());
    files.filter(|path| fs::metadata(path).unwrap().len() == (2 << 20) / 32).collect()
}

fn is_free(file: &Path) -> bool {
    fs::read(file).unwrap()[..4_096].iter().all(|byte| *byte == 0)
}

#[tokio::test]
async fn given_a_process_that_is_killed_when_none_of_its_files_is_free_then_the_next_one_writes_over_the_oldest()
 {
    let directory = tempfile::tempdir().unwrap();
    let store = small(directory.path()).await;
    for serial in 0..200 {
        store.put(serial, small_page(serial, serial));
        if serial % 10 == 9 {
            store.flush().await;
        }
    }
    store.close().await;
    // As they are left by a kill between the writing into the last free file and the freeing of the next:
    // there is always one file free otherwise.
    let files = files(directory.path());
    assert_eq!(files.len(), 32);
    let (free, used): (Vec<_>, Vec<_>) = files.iter().partition(|file| is_free(file));
    assert_eq!(free.len(), 1);
    let latest = used.iter().max_by_key(|file| fs::metadata(file).unwrap().modified().unwrap());
    fs::write(free[0], fs::read(latest.unwrap()).unwrap()).unwrap();

    let begun = Instant::now();
    let store = small(directory.path()).await;
    for serial in 1_000..1_010 {
        store.put(serial, small_page(serial, serial));
    }
    store.close().await;
    // A store that finds no room gives up after a minute.
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    let store = small(directory.path()).await;
    for serial in 1_000..1_010 {
        assert_eq!(store.get(&serial).await.unwrap().value, small_page(serial, serial));
    }
    let mut earlier = Vec::new();
    for serial in 0..200 {
        if let Some(answer) = store.get(&serial).await {
            assert_eq!(answer.value, small_page(serial, serial));
            earlier.push(serial);
        }
    }
    let latest: Vec<u32> = (200 - u32::try_from(earlier.len()).unwrap()..200).collect();
    assert_eq!(earlier, latest);
    assert!(!earlier.is_empty());
}
