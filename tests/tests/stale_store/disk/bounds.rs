//! How much of the disk and of the memory is taken, and what goes when there is no more.

use std::{fs, thread, time::Duration};

use super::*;

/// The least that is possible: 32 files of 64 KiB, so 512 answers of less than 4 KiB, but for the
/// indices.
const DISK: u64 = 2 << 20;

fn taken(directory: &Path) -> u64 {
    fs::read_dir(directory).unwrap().map(|file| file.unwrap().metadata().unwrap().len()).sum()
}

async fn open_small(directory: &Path) -> Pages {
    DiskStore::builder(directory).disk(DISK).memory(0).open().await.unwrap()
}

#[tokio::test]
async fn given_a_flood_of_answers_when_the_disk_is_full_then_the_oldest_go_and_no_more_is_taken() {
    let directory = tempfile::tempdir().unwrap();
    let store = open_small(directory.path()).await;
    let at_first = taken(directory.path());
    assert!((DISK..DISK + 1_000).contains(&at_first), "{at_first}");
    let small = |key| Page { key, serial: 0, body: "x".repeat(3_000) };
    for key in 0..2_000 {
        store.put(key, small(key));
        if key % 100 == 99 {
            store.flush().await;
        }
    }
    assert_eq!(taken(directory.path()), at_first);

    let mut found = Vec::new();
    for key in 0..2_000 {
        if let Some(answer) = store.get(&key).await {
            assert_eq!(answer.value, small(key));
            found.push(key);
        }
    }
    assert!((380..=512).contains(&found.len()), "{}", found.len());
    let latest: Vec<u32> = (2_000 - 380..2_000).collect();
    assert_eq!(found[found.len() - 380..], latest);
}

#[tokio::test]
async fn given_a_disk_that_an_earlier_run_has_filled_when_more_comes_then_the_oldest_of_all_go() {
    let directory = tempfile::tempdir().unwrap();
    let small = |key| Page { key, serial: 0, body: "x".repeat(3_000) };
    // Each run takes some of the 32 files, each of which holds 15 answers.
    for run in 0..20 {
        let store = open_small(directory.path()).await;
        for key in run * 100..(run + 1) * 100 {
            store.put(key, small(key));
            if key % 10 == 9 {
                store.flush().await;
            }
        }
        store.close().await;
    }
    let store = open_small(directory.path()).await;
    let mut found = Vec::new();
    for key in 0..2_000 {
        if store.get(&key).await.is_some() {
            found.push(key);
        }
    }
    assert!(found.len() > 350, "{}", found.len());
    // The files of one run may have been written within one tick of the clock of the file system.
    let oldest = 2_000 - u32::try_from(found.len()).unwrap();
    assert!(found[0] >= oldest - 100, "{found:?}");
    assert_eq!(found[100..], (oldest + 100..2_000).collect::<Vec<u32>>());
}

#[tokio::test]
async fn given_a_burst_when_it_comes_faster_than_it_can_be_written_then_all_of_it_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path()).await;
    // Far more bytes at once than the disk is handed at a time.
    for key in 0..300 {
        store.put(key, Page { key, serial: 0, body: "x".repeat(90_000) });
    }
    store.close().await;
    let store = open(directory.path()).await;
    for key in 0..300 {
        assert!(store.get(&key).await.is_some(), "{key}");
    }
}

#[tokio::test]
async fn given_an_answer_that_is_too_large_when_it_is_put_then_it_is_in_memory_and_others_on_disk()
{
    let directory = tempfile::tempdir().unwrap();
    let store: Pages = DiskStore::builder(&directory).disk(DISK).open().await.unwrap();
    let large = |key| Page { key, serial: 0, body: "x".repeat(62_000) };
    let fits = |key| Page { key, serial: 0, body: "x".repeat(60_000) };
    store.put(1, large(1));
    store.put(2, fits(2));
    store.flush().await;
    assert_eq!(store.get(&1).await.unwrap().value, large(1));
    store.close().await;
    let store = open_small(directory.path()).await;
    assert_eq!(store.get(&1).await, None);
    assert_eq!(store.get(&2).await.unwrap().value, fits(2));
}

#[tokio::test]
async fn given_another_size_when_it_is_opened_then_it_begins_empty_and_takes_that_much() {
    let directory = tempfile::tempdir().unwrap();
    let store: Pages = DiskStore::builder(&directory).disk(2 * DISK).open().await.unwrap();
    store.put(1, Page::new(1, 1));
    store.close().await;
    let store = open_small(directory.path()).await;
    assert_eq!(store.get(&1).await, None);
    assert!(taken(directory.path()) < DISK + 1_000);
}

#[tokio::test]
async fn given_one_key_when_it_is_put_from_several_threads_then_the_last_value_is_found() {
    let directory = tempfile::tempdir().unwrap();
    let store: Pages =
        DiskStore::builder(&directory).memory(1).write_every(Duration::ZERO).open().await.unwrap();
    thread::scope(|scope| {
        for thread in 0..3 {
            let store = &store;
            scope.spawn(move || {
                for serial in 0..2_000 {
                    store.put(thread, Page { key: thread, serial, body: String::new() });
                }
            });
        }
    });
    for key in 0..3 {
        assert_eq!(store.get(&key).await.unwrap().value.serial, 1_999);
    }
    store.close().await;
    let store = open(directory.path()).await;
    for key in 0..3 {
        assert_eq!(store.get(&key).await.unwrap().value.serial, 1_999);
    }
}

#[tokio::test(start_paused = true)]
async fn given_a_paused_clock_when_an_answer_of_this_process_ages_then_it_ages_by_that_clock() {
    let directory = tempfile::tempdir().unwrap();
    let store: Pages = DiskStore::builder(&directory).disk(DISK).open().await.unwrap();
    store.put(1, Page::new(1, 1));
    tokio::time::advance(Duration::from_secs(60)).await;
    assert_eq!(store.get(&1).await.unwrap().age, Duration::from_secs(60));
    store.flush().await;
    assert_eq!(store.get(&1).await.unwrap().age, Duration::from_secs(60));
}
