//! What a failed assertion says, and where.

use std::{
    panic::{Location, set_hook, take_hook},
    sync::Mutex,
};

use cb_runtime::{CircuitBreaker, Config, State, registry, testing};

use super::*;

#[tokio::test(start_paused = true)]
async fn a_failure_shows_what_was_found() {
    let breaker = CircuitBreaker::new("orders", Config::default());
    for _ in 0..2 {
        let _ = breaker.call(|| async { Err::<(), _>("refused") }).await;
    }
    let said = panic_of(|| cb_runtime::assert_state!(breaker, State::HalfOpen));
    let expected = "circuit breaker `orders` is closed, and was to be half-open
  mode: normal
  failures in a row: 2 of 5
  calls: 2 made, 2 of them failed; 0 rejected
  last error: none";
    assert_eq!(said, expected);

    testing::trip(&breaker);
    let said = panic_of(|| cb_runtime::assert_state!(&breaker, State::Closed, "after {} calls", 5));
    let expected = "after 5 calls: circuit breaker `orders` is open, and was to be closed
  mode: normal
  failures in a row: 0 of 5
  calls: 5 made, 5 of them failed; 0 rejected
  last opened by: 5 failures in a row
  probes in: 1m
  last error: tripped by a test";
    assert_eq!(said, expected);

    breaker.force_open();
    let said = panic_of(|| cb_runtime::assert_state!(&breaker, State::Closed));
    assert!(said.contains("mode: forced open"), "{said}");
}

#[test]
fn a_failure_is_at_the_line_of_the_assertion() {
    static PLACES: Mutex<Vec<u32>> = Mutex::new(Vec::new());

    let breaker = CircuitBreaker::new("orders", Config::default());
    let before = take_hook();
    set_hook(Box::new(move |panic| {
        let here = panic.location().filter(|place| place.file() == file!());
        PLACES.lock().unwrap().extend(here.map(Location::line));
        // For the other tests, which run at the same time.
        before(panic);
    }));
    panic_of(|| cb_runtime::assert_state!(breaker, State::Open));
    let line = line!() - 1;
    panic_of(|| testing::trip("no such breaker"));
    panic_of(|| drop(testing::breaker("no such breaker")));

    let places = PLACES.lock().unwrap();
    assert!([line, line + 2, line + 3].iter().all(|line| places.contains(line)), "{places:?}");
}

#[test]
fn a_breaker_is_found_by_its_name_before_its_first_call() {
    testing::isolated_blocking(|| {
        let name = "testing.price".to_owned();
        cb_runtime::assert_state!(name, State::Closed);
        testing::trip(&name);
        cb_runtime::assert_state!("testing.price", State::Open,);
        assert_eq!(testing::breaker(&name).config().failure_threshold(), 2, "as declared");
        assert!(price(true).is_err(), "it is the function's own");
    });
}

#[test]
fn a_name_that_nobody_knows_is_told_with_those_that_are_there() {
    testing::isolated_blocking(|| {
        let said = panic_of(|| cb_runtime::assert_state!("prices", State::Open));
        let expected = "there is no circuit breaker `prices`: no annotated function declares it, and in this registry there are: none";
        assert_eq!(said, expected);

        registry().get_or_register("orders", Config::default()).unwrap();
        price(true).unwrap();
        let said = panic_of(|| testing::trip("prices"));
        assert!(said.ends_with("there are: `orders`, `testing.price`"), "{said}");
    });
}
