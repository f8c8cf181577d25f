use std::{sync::Barrier, thread};

use cb_runtime::{NameError, RegisterError, Registry};

use super::*;

fn config(settings: ConfigBuilder) -> Config {
    settings.build().unwrap()
}

/// Three breakers of two kinds, and one of none.
fn shop() -> Registry {
    let registry = Registry::new();
    for (name, kind) in [("stock", "database"), ("prices", "rest_api"), ("orders", "database")] {
        registry.register(name, config(settings().service_type(kind))).unwrap();
    }
    registry.register("banner", config(settings())).unwrap();
    registry
}

fn names(breakers: impl Iterator<Item = CircuitBreaker>) -> Vec<String> {
    breakers.map(|breaker| breaker.name().to_owned()).collect()
}

#[test]
fn given_an_empty_registry_when_a_name_is_looked_up_then_nothing_is_made() {
    let registry = Registry::new();

    assert!(registry.get("orders").is_none());
    assert!(registry.remove("orders").is_none());

    assert_eq!(registry.iter().count(), 0);
}

#[test]
fn given_a_registered_name_when_it_is_looked_up_then_it_is_the_same_breaker() {
    let registry = Registry::new();
    let breaker = registry.get_or_register("orders", config(settings())).unwrap();

    let found = registry.get("orders").unwrap();

    breaker.force_open();
    assert_eq!(found.state(), State::Open);
    assert_eq!((found.name(), found.config()), ("orders", config(settings())));
    assert!(registry.get("Orders").is_none(), "names are exact");
}

#[test]
fn given_a_taken_name_when_it_is_asked_for_with_other_settings_then_the_one_there_stands() {
    let registry = Registry::new();
    let breaker = registry.get_or_register("orders", config(settings())).unwrap();

    let other = registry.get_or_register("orders", Config::default()).unwrap();

    assert_eq!(other.config(), config(settings()));
    breaker.force_open();
    assert_eq!(other.state(), State::Open);
}

#[test]
fn given_a_taken_name_when_it_is_registered_with_the_same_settings_then_it_is_the_same_breaker() {
    let registry = Registry::new();
    let breaker = registry.register("orders", config(settings())).unwrap();

    let again = registry.register("orders", config(settings())).unwrap();

    breaker.force_open();
    assert_eq!(again.state(), State::Open);
}

#[test]
fn given_a_taken_name_when_it_is_registered_with_other_settings_then_each_difference_is_named() {
    let registry = Registry::new();
    registry.register("orders", config(settings().service_type("database"))).unwrap();

    let error = registry.register("orders", config(settings().failure_threshold(4))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "circuit breaker `orders` is registered with other settings: \
         `service_type` is \"database\" there and none here, \
         `failure_threshold` is 3 there and 4 here, \
         `success_threshold` is 3 there and 1 here"
    );
    assert!(matches!(error, RegisterError::Taken { name, .. } if name == "orders"));

    let longer = settings().service_type("database").recovery_timeout(Duration::from_secs(90));
    let error = registry.register("orders", config(longer)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "circuit breaker `orders` is registered with other settings: \
         `recovery_timeout` is 30s there and 1m 30s here, \
         `probe_timeout` is 30s there and 1m 30s here"
    );
    assert_eq!(registry.get("orders").unwrap().config().failure_threshold(), 3, "nothing changed");
}

#[test]
fn given_names_when_they_are_registered_then_only_those_within_the_rule_are_taken() {
    let registry = Registry::new();
    let take = |name: &str| registry.get_or_register(name, Config::default()).err();

    let longest = "x".repeat(128);
    for name in ["a", "web_app/database-2.eu:read", "0", "-", longest.as_str()] {
        assert_eq!(take(name), None, "{name}");
        assert!(registry.get(name).is_some());
    }

    assert_eq!(take(""), Some(RegisterError::Name(NameError::Empty)));
    for (name, found) in
        [("a b", ' '), ("a\n", '\n'), ("bücher", 'ü'), ("a[1]", '['), ("a\0", '\0')]
    {
        let expected = NameError::Character { name: name.to_owned(), found };
        assert_eq!(take(name), Some(RegisterError::Name(expected)));
    }
    let too_long = "x".repeat(129);
    let error = take(&too_long);
    assert!(matches!(error, Some(RegisterError::Name(NameError::TooLong(_)))), "{error:?}");
    assert_eq!(registry.iter().count(), 5, "no refused name left anything");
    assert!(registry.register("a b", Config::default()).is_err());
}

#[test]
fn given_a_refused_name_when_the_error_is_shown_then_it_says_the_rule_and_what_broke_it() {
    let registry = Registry::new();
    let refusal =
        |name: &str| registry.register(name, Config::default()).map(drop).unwrap_err().to_string();

    assert_eq!(refusal(""), "a circuit breaker's name must not be empty");
    assert_eq!(
        refusal("my breaker"),
        "a circuit breaker's name is made of letters, digits and `_ - . : /`, \
         but \"my breaker\" has ' '"
    );
    let shown = "x".repeat(128);
    assert_eq!(
        refusal(&"x".repeat(100_000)),
        format!("a circuit breaker's name has at most 128 characters, but `{shown}…` has more")
    );
}

#[test]
fn given_several_breakers_when_they_are_listed_then_they_come_by_name() {
    let registry = shop();

    assert_eq!(names(registry.iter()), ["banner", "orders", "prices", "stock"]);
    assert_eq!(names(registry.by_service_type("database")), ["orders", "stock"]);
    assert_eq!(names(registry.by_service_type("rest_api")), ["prices"]);
    assert_eq!(names(registry.by_service_type("data")), [""; 0]);
    let snapshots: Vec<String> =
        registry.snapshot().into_iter().map(|snapshot| snapshot.name).collect();
    assert_eq!(snapshots, ["banner", "orders", "prices", "stock"]);
}

#[tokio::test(start_paused = true)]
async fn given_open_breakers_when_one_kind_is_reset_then_only_that_kind_is_closed() {
    let registry = shop();
    for breaker in registry.iter() {
        open(&breaker).await;
    }

    registry.reset_by_type("database");

    let closed = registry.iter().filter(|breaker| breaker.state() == State::Closed);
    assert_eq!(names(closed), ["orders", "stock"]);
    registry.reset_all();
    assert!(registry.iter().all(|breaker| breaker.state() == State::Closed));
}

#[tokio::test(start_paused = true)]
async fn given_a_breaker_when_it_is_removed_then_its_holders_go_on_with_it() {
    let registry = Registry::new();
    let held = registry.get_or_register("orders", config(settings())).unwrap();

    let removed = registry.remove("orders").unwrap();

    assert!(registry.get("orders").is_none());
    assert_eq!(registry.iter().count(), 0);
    assert_eq!(succeed(&held).await, Ok(()));
    fail(&held).await.unwrap_err();
    succeed(&held).await.unwrap();
    open(&held).await;
    assert_eq!(removed.state(), State::Open, "the two are one breaker");
    advance(RECOVERY).await;
    succeed(&held).await.unwrap();
    assert_eq!(removed.state(), State::Closed);
    let totals = removed.snapshot().totals;
    assert_eq!((totals.calls, totals.successes, totals.failures), (7, 3, 4));
}

#[tokio::test(start_paused = true)]
async fn given_a_removed_name_when_it_is_registered_again_then_it_is_a_new_breaker() {
    let registry = Registry::new();
    let old = registry.get_or_register("orders", config(settings())).unwrap();
    open(&old).await;
    registry.remove("orders");

    let new = registry.register("orders", Config::default()).unwrap();

    assert_eq!((new.state(), new.snapshot().totals.calls), (State::Closed, 0));
    assert_eq!(old.state(), State::Open);
}

#[test]
fn given_clones_and_other_registries_when_one_is_changed_then_only_its_clones_see_it() {
    let (registry, other) = (Registry::new(), Registry::new());
    let clone = registry.clone();

    registry.register("orders", Config::default()).unwrap();

    assert!(clone.get("orders").is_some());
    assert!(other.get("orders").is_none());
    assert!(CircuitBreaker::new("lonely", Config::default()).state() == State::Closed);
    assert!(registry.get("lonely").is_none(), "a breaker of no registry");
}

#[test]
fn given_many_threads_when_all_ask_for_one_name_at_once_then_all_have_the_same_breaker() {
    const THREADS: usize = 8;
    for _ in 0..200 {
        let (registry, ready) = (Registry::new(), Barrier::new(THREADS));
        let ask = || {
            ready.wait();
            registry.get_or_register("orders", Config::default()).unwrap()
        };
        let breakers: Vec<CircuitBreaker> = thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(ask)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });

        breakers[0].force_open();

        assert!(breakers.iter().all(|breaker| breaker.state() == State::Open));
        assert_eq!(registry.iter().count(), 1);
    }
}
