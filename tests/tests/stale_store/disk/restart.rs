//! From one run of a program to the next.

use std::time::Duration;

use cb_runtime::circuit_breaker;

use super::{child::Process, *};

pub(crate) const KEYS: u32 = 300;

#[tokio::test]
async fn given_a_process_that_has_ended_in_order_when_the_next_one_opens_then_all_is_there() {
    let directory = tempfile::tempdir().unwrap();
    for round in 1..=3 {
        Process::start("writes and closes", directory.path(), round).rest();
        let store = open(directory.path()).await;
        for key in 0..KEYS {
            assert_eq!(serial(&store, key).await, Some(round), "{key}");
        }
        assert_eq!(serial(&store, KEYS).await, None);
        let age = store.get(&0).await.unwrap().age;
        assert!(age < Duration::from_secs(600), "{age:?}");
        store.close().await;
    }
}

#[tokio::test]
async fn given_a_process_that_has_crashed_when_the_next_one_opens_then_what_was_flushed_is_there() {
    let directory = tempfile::tempdir().unwrap();
    let mut process = Process::start("writes and aborts", directory.path(), 1);
    while process.line().is_some() {}
    drop(process);
    let store = open(directory.path()).await;
    for key in 0..KEYS {
        assert_eq!(serial(&store, key).await, Some(1), "{key}");
    }
}

#[tokio::test]
async fn given_another_type_or_version_when_answers_are_read_then_there_are_none() {
    let directory = tempfile::tempdir().unwrap();
    Process::start("prices as f64", directory.path(), 0).rest();

    // 5.0 could be read as one of these, and would not mean the same.
    let cents: DiskStore<u32, f32> = DiskStore::builder(&directory).open().await.unwrap();
    assert_eq!(cents.get(&1).await, None);
    cents.close().await;
    let other_key: DiskStore<u64, f64> = DiskStore::builder(&directory).open().await.unwrap();
    assert_eq!(other_key.get(&1).await, None);
    other_key.close().await;
    let version: DiskStore<u32, f64> =
        DiskStore::builder(&directory).version(1).open().await.unwrap();
    assert_eq!(version.get(&1).await, None);
    version.close().await;

    let same: DiskStore<u32, f64> = DiskStore::builder(&directory).open().await.unwrap();
    assert_eq!(same.get(&1).await.map(|answer| answer.value), Some(5.0));
    // A new answer of another type takes the place of the old one.
    same.close().await;
    let words: DiskStore<u32, String> = DiskStore::builder(&directory).open().await.unwrap();
    words.put(1, "five".to_owned());
    words.close().await;
    let words: DiskStore<u32, String> = DiskStore::builder(&directory).open().await.unwrap();
    assert_eq!(words.get(&1).await.map(|answer| answer.value), Some("five".to_owned()));
}

#[test]
fn given_a_store_when_the_runtime_is_gone_that_opened_it_then_it_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let on_runtime = || tokio::runtime::Builder::new_current_thread().build().unwrap();
    let store = on_runtime().block_on(open(directory.path()));
    store.put(1, Page::new(1, 1));
    on_runtime().block_on(store.flush());
    assert_eq!(on_runtime().block_on(serial(&store, 1)), Some(1));
    on_runtime().block_on(store.close());
    // From now on in memory, of which it has none but for what could not be written.
    store.put(2, Page::new(2, 2));
    assert_eq!(on_runtime().block_on(serial(&store, 2)), Some(2));
    assert_eq!(on_runtime().block_on(serial(&store, 1)), None);
    on_runtime().block_on(store.flush());
    on_runtime().block_on(store.close());
    let store = on_runtime().block_on(open(directory.path()));
    assert_eq!(on_runtime().block_on(serial(&store, 1)), Some(1));
    assert_eq!(on_runtime().block_on(serial(&store, 2)), None);
}

#[tokio::test]
async fn given_a_store_that_is_dropped_when_it_is_opened_again_then_it_has_been_written() {
    let directory = tempfile::tempdir().unwrap();
    for round in 0_u32..20 {
        let store = open(directory.path()).await;
        if let Some(before) = round.checked_sub(1) {
            assert_eq!(serial(&store, 1).await, Some(before));
        }
        store.put(1, Page::new(1, round));
    }
}

#[circuit_breaker(
    name = "stale-store-disk",
    stale_if_error(max_age = "1h", key = key, store = answers)
)]
async fn page(
    answers: &Pages,
    service: Result<(), &'static str>,
    key: u32,
) -> anyhow::Result<Page> {
    service.map_err(anyhow::Error::msg)?;
    Ok(Page::new(key, 1))
}

#[tokio::test]
async fn given_a_function_that_has_answered_when_it_fails_after_a_restart_then_it_answers_from_disk()
 {
    let directory = tempfile::tempdir().unwrap();
    let answers = open(directory.path()).await;
    page(&answers, Ok(()), 1).await.unwrap();
    answers.close().await;

    let answers = open(directory.path()).await;
    assert_eq!(page(&answers, Err("down"), 1).await.unwrap(), Page::new(1, 1));
    assert_eq!(page(&answers, Err("down"), 2).await.unwrap_err().to_string(), "down");
}
