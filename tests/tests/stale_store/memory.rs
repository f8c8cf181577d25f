//! In memory.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use cb_runtime::{MemoryStore, StaleAnswer, StaleStore};
use tokio::time::advance;

use super::*;

fn values(store: &MemoryStore<u32, u32>, keys: impl IntoIterator<Item = u32>) -> Vec<u32> {
    keys.into_iter().filter_map(|key| Some(store.find(&key, SECOND)?.value)).collect()
}

#[test]
fn given_a_capacity_when_more_keys_come_then_the_latest_are_kept() {
    for capacity in [1, 2, 3, 100] {
        let store = MemoryStore::new(capacity);
        for key in 0..1_000 {
            store.keep(key, key);
        }
        let expected: Vec<u32> = (1_000 - capacity..1_000).collect();
        assert_eq!(values(&store, 0..1_000), expected, "capacity {capacity}");
        assert_eq!(store.capacity(), capacity);
    }
}

#[test]
fn given_a_full_store_when_a_key_is_put_or_found_again_then_another_one_goes() {
    let store = MemoryStore::new(3);
    for key in [1, 2, 3] {
        store.keep(key, key);
    }
    store.keep(1, 10);
    assert_eq!(values(&store, [2]), [2]);
    store.keep(4, 4);
    assert_eq!(values(&store, 1..=4), [10, 2, 4]);
    assert_eq!(store.len(), 3);
}

#[test]
fn given_no_capacity_when_a_value_is_kept_then_it_is_not() {
    let store = MemoryStore::new(0);
    store.keep(1, 1);
    assert!(store.is_empty());
    assert_eq!(store.find(&1, SECOND), None);
}

#[test]
fn given_the_largest_capacity_when_the_store_is_made_then_it_takes_no_memory_for_it() {
    let made = allocation_counter::measure(|| {
        let store = MemoryStore::new(u32::MAX);
        store.keep(1_u32, 1_u32);
    });
    assert!(made.bytes_max < 2_000, "{made:?}");
}

#[tokio::test(start_paused = true)]
async fn given_an_answer_when_it_gets_too_old_then_it_is_found_to_the_nanosecond_and_dropped_then()
{
    let store = MemoryStore::new(10);
    store.keep("bread", 2.5);
    advance(SECOND).await;
    assert_eq!(store.find(&"bread", SECOND), Some(StaleAnswer::new(2.5, SECOND)));

    advance(NANO).await;
    assert_eq!(store.get(&"bread").await, Some(StaleAnswer::new(2.5, SECOND + NANO)));
    assert_eq!(store.len(), 1);
    assert_eq!(store.find(&"bread", SECOND), None);
    assert!(store.is_empty());

    store.put("bread", 2.6);
    assert_eq!(store.find(&"bread", Duration::ZERO), Some(StaleAnswer::new(2.6, Duration::ZERO)));
}

#[test]
fn given_a_flood_of_keys_from_several_threads_when_it_is_looked_at_then_never_more_than_the_capacity_is_there()
 {
    const CAPACITY: u32 = 50;
    let store = MemoryStore::new(CAPACITY);
    let is_over = AtomicBool::new(false);
    let most = thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut most = 0;
            while !is_over.load(Ordering::Relaxed) {
                most = most.max(store.len());
            }
            most
        });
        let floods: Vec<_> = (0..4)
            .map(|thread| {
                let store = &store;
                scope.spawn(move || {
                    for number in 0..20_000 {
                        let key = number % 700 * 4 + thread;
                        store.keep(key, key);
                        if let Some(answer) = store.find(&(key / 2), SECOND) {
                            assert_eq!(answer.value, key / 2);
                        }
                    }
                })
            })
            .collect();
        for flood in floods {
            flood.join().unwrap();
        }
        is_over.store(true, Ordering::Relaxed);
        watcher.join().unwrap()
    });
    assert!(most <= CAPACITY as usize, "{most}");
    assert_eq!(store.len(), CAPACITY as usize, "and it is full");
}

#[test]
fn given_values_that_use_the_store_when_they_are_cloned_or_dropped_then_nothing_hangs() {
    /// Looks into the store that it is in.
    struct Nosy(&'static MemoryStore<u32, Nosy>);

    impl Clone for Nosy {
        fn clone(&self) -> Self {
            self.0.len();
            Self(self.0)
        }
    }

    impl Drop for Nosy {
        fn drop(&mut self) {
            self.0.len();
        }
    }

    let store: &'static MemoryStore<u32, Nosy> = Box::leak(Box::new(MemoryStore::new(1)));
    for key in [1, 1, 2] {
        store.keep(key, Nosy(store));
    }
    assert!(store.find(&1, SECOND).is_none());
    drop(store.find(&2, SECOND).unwrap());
    assert_eq!(store.len(), 1);
}

#[test]
fn given_threads_that_put_one_key_when_it_is_found_then_it_is_one_of_their_values() {
    let store = MemoryStore::new(1);
    thread::scope(|scope| {
        for thread in 0..4 {
            let store = &store;
            scope.spawn(move || {
                for number in 0..5_000_u32 {
                    store.keep((), vec![thread; number as usize % 10]);
                    let found = store.find(&(), SECOND).unwrap().value;
                    let whose: BTreeSet<u32> = found.iter().copied().collect();
                    assert!(found.len() < 10 && whose.len() <= 1, "{found:?}");
                }
            });
        }
    });
}
