//! The breakers that a request is about. Looking for one makes none.

use crate::{
    breaker::CircuitBreaker,
    config::{all_near, quoted},
    registry::Registry,
};

use super::problem::Problem;

/// So many names are offered for one that there is none of.
const OFFERED: usize = 3;

/// Of a shorter name, one letter is too much of it to tell what was meant.
const SHORTEST: usize = 3;

/// What bears a name.
pub(super) enum Found {
    /// A breaker.
    One(CircuitBreaker),
    /// A name that a breaker for each value of a key shares.
    Keyed(Vec<CircuitBreaker>),
}

/// What bears this name, or one of a keyed name's breakers.
pub(super) fn find(registry: &Registry, name: &str, key: Option<&str>) -> Result<Found, Problem> {
    let family = registry.of_family(name);
    match (key, family) {
        (None, Some(all)) => Ok(Found::Keyed(all)),
        (None, None) => registry.get(name).map(Found::One).ok_or_else(|| unknown(registry, name)),
        (Some(key), Some(all)) => {
            registry.of_key(name, key).map(Found::One).ok_or_else(|| unknown_key(name, key, &all))
        }
        (Some(_), None) if registry.get(name).is_some() => Err(Problem::not_found(
            format!("circuit breaker {} has no keys: leave `key` out", quoted(name)),
            vec![name.to_owned()],
        )),
        (Some(_), None) => Err(unknown(registry, name)),
    }
}

/// The same where it is to be one.
pub(super) fn find_one(
    registry: &Registry,
    name: &str,
    key: Option<&str>,
) -> Result<CircuitBreaker, Problem> {
    match find(registry, name, key)? {
        Found::One(breaker) => Ok(breaker),
        Found::Keyed(_) => Err(Problem::unfit(
            "key",
            "the key of one of its breakers",
            format!(
                "{} has a breaker for each value of a key: give the one that is meant as `key`",
                quoted(name)
            ),
        )),
    }
}

fn unknown(registry: &Registry, name: &str) -> Problem {
    let names = registry.names();
    let near = meant(name, &names);
    let hint = match near.first() {
        Some(near) => format!(": did you mean {}?", quoted(near)),
        None if names.is_empty() => ": there are none".to_owned(),
        None => ", nor one that is written alike".to_owned(),
    };
    Problem::not_found(format!("there is no circuit breaker {}{hint}", quoted(name)), near)
}

/// What somebody may have meant: a name that is written alike, one whose last part is (`database` of
/// `web_app/database`), or one that differs in a letter, of which a short one has few.
fn meant(name: &str, names: &[String]) -> Vec<String> {
    let last = |known: &str| -> String {
        known.rsplit(['/', ':', '.']).next().unwrap_or(known).to_owned()
    };
    let mut near = all_near(name, names.iter().map(String::as_str), OFFERED);
    let lasts: Vec<String> = names.iter().map(|known| last(known)).collect();
    let parts = all_near(name, lasts.iter().map(String::as_str), OFFERED);
    let by_part = parts.iter().flat_map(|part| names.iter().filter(|known| last(known) == *part));
    let small = shortened(name);
    let by_letter = names.iter().filter(|known| {
        small.chars().count() >= SHORTEST && strsim::osa_distance(&small, &shortened(known)) == 1
    });
    for known in by_part.chain(by_letter) {
        if near.len() < OFFERED && !near.contains(known) {
            near.push(known.clone());
        }
    }
    near
}

/// In small letters, and no longer than a name can be: comparing takes time by the product of the lengths.
fn shortened(name: &str) -> String {
    name.chars().take(128).flat_map(char::to_lowercase).collect()
}

fn unknown_key(name: &str, key: &str, all: &[CircuitBreaker]) -> Problem {
    let keys = all.iter().filter_map(|breaker| Some(breaker.0.name().parent_and_key()?.1));
    let near = all_near(key, keys, OFFERED);
    let hint = match near.first() {
        Some(near) => format!(": did you mean {}?", quoted(near)),
        None => String::new(),
    };
    let detail =
        format!("circuit breaker {} has none of the key {}{hint}", quoted(name), quoted(key));
    Problem::not_found(detail, near)
}

/// What to say where no breaker is of a service type.
pub(super) fn unknown_type(registry: &Registry, service_type: &str) -> Problem {
    let mut types: Vec<&'static str> =
        registry.iter().filter_map(|breaker| breaker.config().service_type()).collect();
    types.sort_unstable();
    types.dedup();
    let near = all_near(service_type, types.iter().copied(), OFFERED);
    let hint = match near.first() {
        Some(near) => format!(": did you mean {}?", quoted(near)),
        None => String::new(),
    };
    let detail = format!("no circuit breaker has the service type {}{hint}", quoted(service_type));
    Problem::not_found(detail, near)
}
