//! Tables of the settings of one function's calls.

use std::{collections::BTreeMap, time::Duration};

use super::{
    near,
    place::Place,
    problem::Problems,
    shown::quoted,
    tree::{Entry, Value},
    value::{Found, unknown_part},
};
use crate::config::{
    CallChanges, CallLayer, CallTimeout, ConfigBuilder, Origin, RetryChanges, WITH_CALL_TIMEOUT,
    bounds,
};

/// The one that a service type has too.
pub(super) const TIMEOUT: &str = "call_timeout";

/// The settings of calls that a file can change.
pub(super) const KEYS: &[&str] = &[TIMEOUT, "max_concurrent", "retry", "stale_if_error"];

pub(super) const RETRY: [(&str, &str); 5] = [
    ("max_attempts", "3"),
    ("delay", "\"100ms\""),
    ("factor", "2.0"),
    ("max_delay", "\"10s\""),
    ("jitter", "0.5"),
];

const STALE: &[(&str, &str)] = &[("max_age", "\"5m\"")];

/// Reads the table of one function.
pub(super) fn read(
    breaker: &str,
    function: &str,
    table: &Place<'_>,
    entries: &[Entry<'_>],
    problems: &mut Problems,
) -> CallLayer {
    let mut changes = CallChanges::default();
    let mut origins = BTreeMap::new();
    for entry in entries {
        let found = Found { place: table.inner(&entry.key, entry.at), value: &entry.value };
        if let Some(key) = KEYS.iter().find(|key| **key == entry.key) {
            // Be it with a bad value: whether the function has it at all is told too.
            origins.insert(*key, found.place.origin());
        }
        read_one(&mut changes, &entry.key, &found, problems);
    }
    CallLayer {
        breaker: breaker.to_owned(),
        function: function.to_owned(),
        origin: table.origin(),
        changes,
        origins,
    }
}

fn read_one(changes: &mut CallChanges, key: &str, found: &Found<'_>, problems: &mut Problems) {
    match key {
        TIMEOUT => changes.call_timeout = found.bounded(problems, TIMEOUT, bounds::above_zero),
        "max_concurrent" => {
            changes.max_concurrent =
                found.bounded(problems, "max_concurrent", bounds::at_least_one);
        }
        "retry" => changes.retry = retry(found, problems),
        "stale_if_error" => changes.max_age = max_age(found, problems),
        _ => problems.add(&found.place, || unknown(key)),
    }
}

/// What is said in the table of a service type of how long calls may take.
pub(super) fn of_service_type(
    service_type: &str,
    found: &Found<'_>,
    problems: &mut Problems,
) -> Option<CallTimeout> {
    if !WITH_CALL_TIMEOUT.contains(&service_type) {
        // Its functions were compiled without one.
        problems.add(&found.place, || {
            let others = near::listed(WITH_CALL_TIMEOUT);
            format!(
                "the preset of this service type has none to change, and only those of {others} have \
                 one: write it in the attribute of each function"
            )
        });
        return None;
    }
    let limit = found.bounded(problems, TIMEOUT, bounds::above_zero)?;
    Some(CallTimeout { limit, origin: found.place.origin() })
}

fn retry(found: &Found<'_>, problems: &mut Problems) -> RetryChanges {
    let takes = || several(&found.place, &RETRY);
    let mut retry = RetryChanges::default();
    let mut is_whole = true;
    for entry in found.table(problems, takes).unwrap_or_default() {
        let part = found.inner(entry);
        match entry.key.as_ref() {
            "max_attempts" => {
                retry.max_attempts = part.bounded(problems, "max_attempts", bounds::at_least_one);
            }
            "delay" => {
                retry.delay = part.bounded(problems, "delay", bounds::above_zero);
                is_whole &= retry.delay.is_some();
            }
            "factor" => retry.factor = part.bounded(problems, "factor", bounds::factor),
            "max_delay" => {
                retry.max_delay = part.bounded(problems, "max_delay", bounds::above_zero);
                is_whole &= retry.max_delay.is_some();
            }
            "jitter" => retry.jitter = part.bounded(problems, "jitter", bounds::share),
            key => is_whole &= unknown_part(&part, key, &RETRY, problems),
        }
    }
    if !is_whole {
        // Nothing is to be said of one of the two waits while the other is not known.
        (retry.delay, retry.max_delay) = (None, None);
    }
    if let (Some(delay), Some(max)) = (retry.delay, retry.max_delay)
        && delay > max
    {
        problems.add(&found.place, || {
            "`max_delay`, the longest wait, is shorter than `delay`, the first one: raise `max_delay`, or lower `delay`".to_owned()
        });
    }
    retry
}

/// The one part of a `stale_if_error` that there is to change.
fn max_age(found: &Found<'_>, problems: &mut Problems) -> Option<Duration> {
    let takes = || several(&found.place, STALE);
    let mut max_age = None;
    for entry in found.table(problems, takes).unwrap_or_default() {
        let part = found.inner(entry);
        match entry.key.as_ref() {
            "max_age" => max_age = part.bounded(problems, "max_age", bounds::above_zero),
            key => {
                unknown_part(&part, key, STALE, problems);
            }
        }
    }
    max_age
}

fn several(place: &Place<'_>, parts: &[(&str, &str)]) -> String {
    match parts {
        [_] => format!("a table: `{}`", place.table(parts)),
        _ => format!("a table of any of its parts: `{}`", place.table(parts)),
    }
}

fn unknown(key: &str) -> String {
    if ConfigBuilder::SETTINGS.contains(&key) {
        return format!(
            "is a setting of the breaker, not of one function's calls: write {} under `[breakers.\"NAME\"]`",
            quoted(key)
        );
    }
    if let Some(near) = near::nearest(key, KEYS.iter().copied()) {
        return format!("unknown setting of calls: did you mean {}?", quoted(near));
    }
    let part = RETRY.iter().chain(STALE).find(|(part, _)| *part == key);
    let of = if key == "max_age" { "stale_if_error" } else { "retry" };
    match part {
        Some(_) => format!("is a part of `{of}`: write `{of}.{key}`"),
        None => {
            format!("unknown setting of calls: there are {}", near::listed(KEYS.iter().copied()))
        }
    }
}

/// Whether what is named as a function is a setting that was put where a function belongs: one that is
/// called so has settings in its table.
pub(super) fn is_setting(function: &str, value: &Value<'_>) -> bool {
    let is_functions = || match value {
        Value::Table(entries) => {
            entries.is_empty() || entries.iter().any(|entry| KEYS.contains(&entry.key.as_ref()))
        }
        _ => false,
    };
    KEYS.contains(&function) && !is_functions()
}

/// Where a setting of calls belongs.
pub(super) fn belongs(key: &str) -> String {
    format!(
        "is a setting of calls: it stands under `[breakers.\"NAME\".calls.FUNCTION]`, where FUNCTION has {} in its attribute",
        quoted(key)
    )
}

/// Whether a text can be the last part of a function's path, or more of it.
pub(super) fn is_function(text: &str) -> bool {
    let is_name = |name: &str| {
        let name = name.strip_prefix("r#").unwrap_or(name);
        let mut characters = name.chars();
        characters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
            && characters.all(|c| c.is_alphanumeric() || c == '_')
    };
    text.split("::").all(is_name)
}

/// What one says, and where it is silent the other.
pub(super) fn over(top: &CallLayer, base: &CallLayer) -> CallLayer {
    let mut merged = top.clone();
    let (above, below) = (&mut merged.changes, &base.changes);
    above.call_timeout = above.call_timeout.or(below.call_timeout);
    above.max_concurrent = above.max_concurrent.or(below.max_concurrent);
    above.max_age = above.max_age.or(below.max_age);
    let (above, below) = (&mut above.retry, &below.retry);
    above.max_attempts = above.max_attempts.or(below.max_attempts);
    above.delay = above.delay.or(below.delay);
    above.factor = above.factor.or(below.factor);
    above.max_delay = above.max_delay.or(below.max_delay);
    above.jitter = above.jitter.or(below.jitter);
    let silent = |key: &&'static str| !top.origins.contains_key(*key);
    let more: Vec<(&'static str, Origin)> = base
        .origins
        .iter()
        .filter(|(key, _)| silent(key))
        .map(|(key, origin)| (*key, origin.clone()))
        .collect();
    merged.origins.extend(more);
    merged
}
