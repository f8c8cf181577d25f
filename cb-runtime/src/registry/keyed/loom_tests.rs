//! What several threads do to one family at once, in every order that loom can find. Run with the
//! breaker's own models: see `breaker::loom_tests`.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a helper of a test fails the test")]

use loom::thread;

use super::*;
use crate::breaker::State;

/// At most so many keys; one failure opens.
fn family(max_keys: u32) -> Arc<Family> {
    Tick(0).set_now();
    let config = Config::builder().max_keys(max_keys).failure_threshold(1).response_times(false);
    Arc::new(Family::new(Name::literal("loom"), config.build().unwrap(), config, Arc::default()))
}

fn at(family: &Family, key: &str) -> Option<Arc<Core>> {
    family.at(&Text::of(&key)).ok()
}

fn spawn<T: 'static>(
    family: &Arc<Family>,
    act: impl FnOnce(&Family) -> T + 'static,
) -> thread::JoinHandle<T> {
    let family = Arc::clone(family);
    thread::spawn(move || act(&family))
}

/// Whether this is the breaker that the next call with the key would have.
fn is_live(family: &Family, key: &str, core: &Arc<Core>) -> bool {
    family.get(key).is_some_and(|breaker| Arc::ptr_eq(&breaker.0, core))
}

fn assert_count(family: &Family, count: usize) {
    assert_eq!(family.breakers().len(), count);
    assert_eq!(lock(&family.queue).len(), count);
}

#[test]
fn given_a_new_key_when_two_ask_for_it_then_both_have_the_same_breaker() {
    loom::model(|| {
        let family = family(1);
        let before = at(&family, "a").unwrap();

        let other = spawn(&family, |family| at(family, "b").unwrap());
        let one = at(&family, "b").unwrap();
        let other = other.join().unwrap();

        assert!(Arc::ptr_eq(&one, &other));
        assert!(before.is_detached() && !one.is_detached());
        assert_count(&family, 1);
    });
}

#[test]
fn given_one_place_when_two_new_keys_come_then_one_of_them_is_kept() {
    loom::model(|| {
        let family = family(1);

        let other = spawn(&family, |family| at(family, "b").unwrap());
        let one = at(&family, "a").unwrap();
        let other = other.join().unwrap();

        assert_eq!(is_live(&family, "a", &one), !one.is_detached());
        assert_eq!(is_live(&family, "b", &other), !other.is_detached());
        assert_ne!(one.is_detached(), other.is_detached());
        assert_count(&family, 1);
    });
}

#[test]
fn given_the_longest_idle_when_it_is_used_as_another_comes_then_its_call_is_on_a_live_breaker() {
    loom::model(|| {
        let family = family(2);
        let old = at(&family, "a").unwrap();
        let idle = at(&family, "b").unwrap();

        let other = spawn(&family, |family| at(family, "c").unwrap());
        let used = at(&family, "a").unwrap();
        let new = other.join().unwrap();

        // It was used in time and stays, or had gone already and is made anew.
        assert!(is_live(&family, "a", &used) && !used.is_detached());
        assert_eq!(old.is_detached(), !Arc::ptr_eq(&old, &used));
        assert!(idle.is_detached() || !is_live(&family, "c", &new));
        assert_count(&family, 2);
    });
}

#[test]
fn given_a_call_under_way_when_it_opens_the_breaker_as_another_comes_then_no_open_one_goes() {
    loom::model(|| {
        let family = family(1);
        let core = at(&family, "a").unwrap();
        let permit = CircuitBreaker(Arc::clone(&core)).try_acquire().unwrap();

        let other = spawn(&family, |family| at(family, "b"));
        permit.failure();
        let opened_in_time = !core.is_detached();
        let other = other.join().unwrap();

        assert_eq!(core.state(), State::Open);
        assert_eq!(core.is_detached(), !opened_in_time, "gone before it opened, or not at all");
        assert_eq!(core.is_detached(), other.is_some());
        assert_eq!(is_live(&family, "a", &core), other.is_none());
        assert_count(&family, 1);
    });
}

#[test]
fn given_a_key_taken_out_by_hand_when_another_comes_then_there_is_one_of_each_in_the_queue() {
    loom::model(|| {
        let family = family(1);
        at(&family, "a").unwrap();

        let other = spawn(&family, |family| at(family, "b").is_some());
        let removed = family.remove("a");
        assert!(other.join().unwrap());

        assert!(removed.is_none_or(|breaker| breaker.0.is_detached()));
        assert!(family.get("a").is_none() && family.get("b").is_some());
        assert_count(&family, 1);
    });
}
