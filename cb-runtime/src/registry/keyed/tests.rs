//! A family from within: who goes, how many there are, and what threads do to it at once.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a helper of a test fails the test")]

use std::{collections::BTreeSet, sync::Barrier, thread};

use super::*;

fn family(max_keys: u32) -> Family {
    let config = Config::builder().max_keys(max_keys).failure_threshold(1).build().unwrap();
    Family::new(Name::literal("tenant"), config.clone(), config.to_builder(), Arc::default())
}

fn at(family: &Family, key: &str) -> Option<Arc<Core>> {
    family.at(&Text::of(&key)).ok()
}

fn keys(family: &Family) -> BTreeSet<String> {
    let key_of = |breaker: &CircuitBreaker| {
        let (parent, key) = breaker.0.name().parent_and_key().unwrap();
        assert_eq!(parent, "tenant");
        key.to_owned()
    };
    family.breakers().iter().map(key_of).collect()
}

/// How many breakers there are, once it is sure that the queue has each once.
fn count(family: &Family) -> usize {
    let queue = lock(&family.queue);
    let live = family.breakers().len();
    assert_eq!(queue.len(), live, "the queue has each breaker once");
    live
}

/// Numbers that are the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}

/// What a family is to do, at its plainest: keys by last use, the longest idle first, and whether each
/// must stay.
struct Model {
    max: usize,
    keys: Vec<(String, bool)>,
}

impl Model {
    fn find(&self, key: &str) -> Option<usize> {
        self.keys.iter().position(|(known, _)| known == key)
    }

    /// Whether the key has a breaker after this use.
    fn use_one(&mut self, key: &str) -> bool {
        let used = match self.find(key) {
            Some(at) => self.keys.remove(at),
            None => {
                if self.keys.len() == self.max {
                    let Some(longest_idle) = self.keys.iter().position(|(_, stays)| !stays) else {
                        return false;
                    };
                    self.keys.remove(longest_idle);
                }
                (key.to_owned(), false)
            }
        };
        self.keys.push(used);
        true
    }
}

#[test]
fn given_random_uses_when_keys_are_too_many_then_the_longest_idle_that_may_go_has_gone() {
    for seed in 0..40 {
        let mut numbers = Numbers(seed);
        let max = 1 + numbers.below(8);
        let family = family(u32::try_from(max).unwrap());
        let mut model = Model { max, keys: Vec::new() };
        for _ in 0..1000 {
            let key = numbers.below(12).to_string();
            match (numbers.below(10), model.find(&key)) {
                (0, Some(at)) => {
                    family.get(&key).unwrap().force_open();
                    model.keys[at].1 = true;
                }
                (1 | 2, Some(at)) => {
                    family.get(&key).unwrap().reset();
                    model.keys[at].1 = false;
                }
                (3, Some(at)) => {
                    family.remove(&key).unwrap();
                    model.keys.remove(at);
                }
                _ => {
                    let has_place = model.use_one(&key);
                    let found = at(&family, &key);
                    assert_eq!(found.is_some(), has_place, "seed {seed}, key {key}");
                }
            }
            let expected: BTreeSet<String> =
                model.keys.iter().map(|(key, _)| key.clone()).collect();
            assert_eq!(keys(&family), expected, "seed {seed}, after key {key}");
        }
        assert_eq!(count(&family), model.keys.len());
    }
}

#[test]
fn given_many_that_must_stay_when_new_keys_flood_in_then_none_of_them_goes() {
    const STAY: usize = 1000;
    let family = family(1 + 1000);
    let stay: Vec<Arc<Core>> =
        (0..STAY).map(|key| at(&family, &format!("stays-{key}")).unwrap()).collect();
    for core in &stay {
        CircuitBreaker(Arc::clone(core)).force_open();
    }

    for key in 0..5000 {
        at(&family, &format!("new-{key}")).expect("there is one place left");
        assert!(family.get(&format!("new-{key}")).is_some());
    }

    assert!(stay.iter().all(|core| !core.is_detached()));
    assert_eq!(count(&family), 1 + STAY);
    // From here on all may go; each is asked again before so many new keys have come.
    for core in &stay {
        core.reset();
    }
    for key in 0..2 * STAY {
        at(&family, &format!("newer-{key}")).unwrap();
    }
    assert!(stay.iter().all(|core| core.is_detached()));
    assert_eq!(count(&family), 1 + STAY);
}

#[test]
fn given_none_that_may_go_when_a_new_key_comes_then_it_has_no_place_until_one_may() {
    let family = family(2);
    for key in ["a", "b"] {
        at(&family, key);
        family.get(key).unwrap().force_open();
    }

    assert!(at(&family, "c").is_none() && at(&family, "d").is_none());
    assert!(at(&family, "a").is_some(), "those that are there are found as ever");

    family.get("b").unwrap().resume();
    assert!(at(&family, "c").is_some());
    assert_eq!(keys(&family), ["a".to_owned(), "c".to_owned()].into());
}

#[test]
fn given_a_million_keys_when_each_comes_once_then_no_more_than_the_bound_are_kept() {
    const MAX: usize = 10_000;
    let flood = if cfg!(debug_assertions) { 100_000 } else { 1_000_000 };
    let family = family(10_000);
    let first = Arc::downgrade(&at(&family, "first").unwrap());

    for key in 0..flood {
        at(&family, &key.to_string()).unwrap();
        if key % 10_000 == 0 {
            assert!(count(&family) <= MAX);
        }
    }

    assert_eq!(count(&family), MAX);
    assert_eq!(first.strong_count(), 0, "what is forgotten is in memory no more");
    let latest = (flood - MAX..flood).map(|key| key.to_string()).collect();
    assert_eq!(keys(&family), latest);
}

#[test]
fn given_a_key_in_use_when_a_million_others_come_then_it_stays() {
    let flood = if cfg!(debug_assertions) { 20_000 } else { 1_000_000 };
    let family = family(10);
    let used = at(&family, "used").unwrap();

    for key in 0..flood {
        at(&family, &key.to_string()).unwrap();
        if key % 9 == 0 {
            assert!(Arc::ptr_eq(&at(&family, "used").unwrap(), &used));
        }
    }

    assert!(!used.is_detached());
    assert_eq!(count(&family), 10);
}

#[test]
fn given_threads_when_all_ask_for_one_new_key_at_once_then_all_have_the_same_breaker() {
    const THREADS: usize = 8;
    for round in 0..200 {
        // With room for it, and with another that has to go.
        let family = family(1);
        if round % 2 == 0 {
            at(&family, "other");
        }
        let ready = Barrier::new(THREADS);
        let ask = || {
            ready.wait();
            at(&family, "new").unwrap()
        };
        let found: Vec<Arc<Core>> = thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(ask)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });

        assert!(found.iter().all(|core| Arc::ptr_eq(core, &found[0])));
        assert_eq!(count(&family), 1);
    }
}

#[test]
fn given_threads_with_keys_of_their_own_when_they_insert_at_once_then_the_bound_holds_throughout() {
    const MAX: usize = 8;
    let family = family(8);
    let flood = |thread: usize| {
        for key in 0..3000 {
            let core = at(&family, &format!("{thread}-{key}")).unwrap();
            // Calls end on a breaker that may be forgotten by now, and one that is open may not be.
            let breaker = CircuitBreaker(core);
            let answer = if key % 7 == 0 { Err("refused") } else { Ok(()) };
            let _ = breaker.call_blocking(|| answer);
            if key % 7 == 0 {
                breaker.reset();
            }
        }
    };

    thread::scope(|scope| {
        let flood = &flood;
        let floods: Vec<_> = (0..4).map(|thread| scope.spawn(move || flood(thread))).collect();
        while !floods.iter().all(thread::ScopedJoinHandle::is_finished) {
            assert!(count(&family) <= MAX);
        }
    });

    assert_eq!(count(&family), MAX);
}

#[test]
fn given_a_forgotten_breaker_when_its_holder_goes_on_then_the_next_call_has_another() {
    let family = family(1);
    let held = CircuitBreaker(at(&family, "a").unwrap());
    let permit = held.try_acquire().unwrap();

    at(&family, "b");

    assert!(held.0.is_detached());
    permit.failure();
    assert_eq!(held.snapshot().totals.failures, 1, "the call ends where it began");
    assert!(held.try_acquire().is_err(), "and has opened the breaker, for those who hold it");
    let new = at(&family, "a").unwrap();
    assert!(!Arc::ptr_eq(&new, &held.0));
    assert_eq!(new.snapshot().totals.failures, 0);
}
