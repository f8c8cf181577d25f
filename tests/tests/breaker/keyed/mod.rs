//! Keyed breakers, as an annotated function with a `key` uses them: through a site of its own.

mod keys;
mod limit;

use std::{sync::Barrier, thread};

use cb_runtime::{
    __private::{Settled, Site, Verdict, run},
    Declaration, registry,
};

use tracing::Level;

use super::{logs::logged, *};

/// The site of a function of its own, whose breakers have this name. One failure opens, and at most
/// three are kept, unless settings are given.
macro_rules! site {
    ($name:literal) => {
        site!($name, settings().failure_threshold(1).max_keys(3))
    };
    ($name:literal, $settings:expr) => {{
        fn here() -> &'static str {
            "keyed::here"
        }
        static DECLARATION: Declaration =
            Declaration::new($name, here, (file!(), line!()), $settings, None);
        static SITE: Site = Site::new(&DECLARATION);
        &SITE
    }};
}
use site;

const fn settings() -> ConfigBuilder {
    Config::builder().recovery_timeout(RECOVERY)
}

fn call(site: &'static Site, key: &str, answer: Result<(), &'static str>) -> Answer {
    call_with(site, key, || answer)
}

fn call_with(
    site: &'static Site,
    key: &str,
    body: impl FnOnce() -> Result<(), &'static str>,
) -> Answer {
    let judge = |answer: Result<(), &'static str>| match answer {
        Ok(()) => (answer, Verdict::Success),
        Err(_) => (answer, Verdict::Failure(None)),
    };
    let site = site.at(key);
    match site.admit() {
        Ok(held) => match run(held, body, judge) {
            Settled::Answer(answer) | Settled::Failed(answer) => answer.map_err(CallError::Failed),
            Settled::TimedOut(never) => match never {},
        },
        Err(refusal) => Err(CallError::Rejected(refusal.into_error())),
    }
}

fn succeed(site: &'static Site, key: &str) {
    assert_eq!(call(site, key, Ok(())), Ok(()));
}

fn fail(site: &'static Site, key: &str) {
    assert_eq!(call(site, key, Err("refused")), FAILED);
}

/// The name of the breaker that rejects the call.
fn rejected_by(site: &'static Site, key: &str) -> String {
    match call(site, key, Ok(())) {
        Err(CallError::Rejected(error)) => error.name().to_owned(),
        other => unreachable!("the call was to be rejected, but ended in {other:?}"),
    }
}

fn get(name: &str) -> CircuitBreaker {
    registry().get(name).unwrap()
}

/// The breakers of this name, keyed or not. Other tests have theirs in the same registry.
fn names(parent: &str) -> Vec<String> {
    let of_parent = |breaker: &CircuitBreaker| {
        let name = breaker.name();
        name == parent || name.strip_prefix(parent).is_some_and(|key| key.starts_with('['))
    };
    registry().iter().filter(of_parent).map(|breaker| breaker.name().to_owned()).collect()
}

#[test]
fn given_two_keys_when_one_opens_then_the_other_is_untouched() {
    let site = site!("keyed-apart");

    fail(site, "a");

    assert_eq!(rejected_by(site, "a"), "keyed-apart[a]");
    succeed(site, "b");
    assert_eq!(get("keyed-apart[a]").snapshot().totals.failures, 1);
    assert_eq!(get("keyed-apart[b]").snapshot().totals.successes, 1);
    assert!(registry().get("keyed-apart").is_none(), "there is none without a key");
    assert_eq!(names("keyed-apart"), ["keyed-apart[a]", "keyed-apart[b]"]);
}

#[test]
fn given_two_functions_of_one_name_when_they_have_the_same_key_then_it_is_one_breaker() {
    let (one, other) = (site!("keyed-shared"), site!("keyed-shared"));

    fail(one, "a");

    assert_eq!(rejected_by(other, "a"), "keyed-shared[a]");
}

#[test]
fn given_keyed_breakers_when_the_registry_is_asked_then_they_are_there_as_others_are() {
    const TYPE: &str = "keyed-registry-type";
    let site = site!("keyed-registry", settings().service_type(TYPE).failure_threshold(1));
    for key in ["b", "a"] {
        fail(site, key);
    }
    let of_type = || registry().by_service_type(TYPE).map(|breaker| breaker.name().to_owned());
    assert_eq!(of_type().collect::<Vec<_>>(), ["keyed-registry[a]", "keyed-registry[b]"]);
    let snapshots = registry().snapshot();
    let mut found =
        snapshots.iter().filter(|snapshot| snapshot.service_type.as_deref() == Some(TYPE));
    assert_eq!(found.next().map(|snapshot| &*snapshot.name), Some("keyed-registry[a]"));
    assert!(format!("{:?}", registry()).contains("keyed-registry[a]"));

    registry().reset_by_type(TYPE);
    succeed(site, "a");

    let removed = registry().remove("keyed-registry[a]").unwrap();
    assert!(registry().remove("keyed-registry[a]").is_none());
    assert!(registry().remove("keyed-registry[never]").is_none());
    assert!(registry().remove("keyed-registry-none[a]").is_none());
    assert_eq!(of_type().collect::<Vec<_>>(), ["keyed-registry[b]"]);
    assert_eq!(removed.call_blocking(|| Ok::<_, ()>(1)), Ok(1), "its holders go on with it");
    assert_eq!(removed.snapshot().totals.successes, 2);
    succeed(site, "a");
    assert_eq!(get("keyed-registry[a]").snapshot().totals.calls, 1, "the next call has a new one");
}

#[test]
fn given_a_function_that_is_not_enabled_when_it_is_called_then_no_call_is_counted() {
    let site = site!("keyed-off", settings().failure_threshold(1));
    fail(site, "a");

    assert!(site.at("a").admit_if(false).is_ok(), "as if there were no breaker");
    assert!(site.at("a").admit_if(true).is_err());
    site.at("a").count_fallback(true);

    let totals = get("keyed-off[a]").snapshot().totals;
    assert_eq!((totals.calls, totals.rejected, totals.fallbacks), (1, 1, 1));
    assert_eq!(totals.fallback_failures, 1);
}

#[test]
fn given_threads_when_all_call_with_one_new_key_at_once_then_all_calls_are_on_one_breaker() {
    const THREADS: usize = 8;
    const ROUNDS: usize = 100;
    let site = site!("keyed-race");
    let ready = Barrier::new(THREADS);

    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for round in 0..ROUNDS {
                    ready.wait();
                    succeed(site, &round.to_string());
                    ready.wait();
                    let calls = get(&format!("keyed-race[{round}]")).snapshot().totals.calls;
                    assert_eq!(calls, THREADS as u64);
                }
            });
        }
    });

    assert_eq!(names("keyed-race").len(), 3);
}

#[test]
fn given_a_setting_out_of_bounds_when_calls_come_then_it_is_logged_once_and_harms_none() {
    let site = site!("keyed-invalid", settings().failure_threshold(0).critical(true));

    let lines = logged(true, || {
        succeed(site, "a");
        succeed(site, "b");
        assert!(site.admit().is_ok(), "the same of the breaker without a key");
        assert!(site.admit().is_ok());
    });

    let told = "circuit breaker `keyed-invalid`: by all that is said of it together, \
                `failure_threshold` must be at least 1, but is 0; `failure_threshold` is left out"
        .to_owned();
    assert_eq!(lines, [(Level::ERROR, told.clone()), (Level::ERROR, told)], "once for each");
    let rest = settings().critical(true).failure_threshold(5).build().unwrap();
    assert_eq!(get("keyed-invalid[a]").config(), rest);
    assert_eq!(get("keyed-invalid").config(), rest);
}
