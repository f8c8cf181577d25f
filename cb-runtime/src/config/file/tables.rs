//! From the tree of a file to its document.

use super::{
    calls,
    document::{Breakers, Document, ServiceType, Tables},
    near,
    place::{Path, Place, Text},
    problem::Problems,
    settings::{self, About},
    shown::quoted,
    tree::{Entry, Value},
    value::Found,
};
use crate::{
    config::{ConfigBuilder, Layer},
    name,
    observe::alert_bounds::AlertChanges,
    pattern::Pattern,
};

const TABLES: &[&str] = &["defaults", "service_types", "breakers", "alerts"];
const ENVIRONMENTS: &str = "environments";
/// By this, editors find the schema of a JSON file.
const SCHEMA: &str = "$schema";

/// Reads and checks a whole file.
pub(super) fn document(entries: &[Entry<'_>], text: &Text, problems: &mut Problems) -> Document {
    let mut document = Document::default();
    for entry in entries {
        let place = Place::Text { text, at: entry.at, path: Path::top(&entry.key) };
        let found = Found { place, value: &entry.value };
        match entry.key.as_ref() {
            SCHEMA => {
                if !matches!(found.value, Value::Text(_)) {
                    found.table(problems, || "the schema's address, a text".to_owned());
                }
            }
            ENVIRONMENTS => each(&found, problems, ENVIRONMENTS_TAKE, |found, name, problems| {
                let tables = environment(found, name, problems);
                document.environments.insert(name.to_owned(), tables);
            }),
            key if TABLES.contains(&key) => table(&mut document.tables, key, &found, problems),
            key => problems.add(&place, || unknown(key, true)),
        }
    }
    document
}

/// What a table of tables has, with an example in TOML and one in JSON.
struct Takes(&'static str, &'static str, &'static str);

const ENVIRONMENTS_TAKE: Takes = Takes(
    "a table for each environment",
    "[environments.production]",
    "\"environments\": { \"production\": { … } }",
);
const SERVICE_TYPES_TAKE: Takes = Takes(
    "a table for each service type",
    "[service_types.database]",
    "\"service_types\": { \"database\": { … } }",
);
const BREAKERS_TAKE: Takes = Takes(
    "a table for each breaker",
    "[breakers.\"web_app/*\"]",
    "\"breakers\": { \"web_app/*\": { … } }",
);
const CALLS_TAKE: Takes = Takes(
    "a table for each function",
    "[breakers.\"NAME\".calls.FUNCTION]",
    "\"calls\": { \"FUNCTION\": { … } }",
);

fn environment(found: &Found<'_>, name: &str, problems: &mut Problems) -> Tables {
    let mut tables = Tables::default();
    if name.trim().is_empty() {
        problems.add(&found.place, || "an environment has a name that is not empty".to_owned());
    }
    let takes = || "tables, such as `defaults` and `breakers`".to_owned();
    for entry in found.table(problems, takes).unwrap_or_default() {
        let inner = found.inner(entry);
        match entry.key.as_ref() {
            key if TABLES.contains(&key) => table(&mut tables, key, &inner, problems),
            key => problems.add(&inner.place, || unknown(key, false)),
        }
    }
    tables
}

/// One of the tables that a file and an environment have.
fn table(tables: &mut Tables, key: &str, found: &Found<'_>, problems: &mut Problems) {
    match key {
        "defaults" => tables.defaults = layer(found, About::Defaults, problems),
        "service_types" => each(found, problems, SERVICE_TYPES_TAKE, |found, name, problems| {
            if name.trim().is_empty() {
                problems.add(&found.place, || "a service type is not empty".to_owned());
            }
            let service_type = service_type(found, name, problems);
            tables.service_types.insert(name.to_owned(), service_type);
        }),
        "breakers" => each(found, problems, BREAKERS_TAKE, |found, name, problems| {
            tables.breakers.extend(breakers(found, name, problems));
        }),
        _ => alerts(&mut tables.alerts, found, problems),
    }
}

/// Goes through a table of tables.
fn each(
    found: &Found<'_>,
    problems: &mut Problems,
    Takes(what, toml, json): Takes,
    mut read: impl FnMut(&Found<'_>, &str, &mut Problems),
) {
    let takes = || format!("{what}, such as `{}`", found.place.example(toml, json));
    for entry in found.table(problems, takes).unwrap_or_default() {
        read(&found.inner(entry), &entry.key, problems);
    }
}

fn layer(found: &Found<'_>, about: About, problems: &mut Problems) -> Layer {
    let mut layer = Layer::default();
    for entry in found.table(problems, || SETTINGS_TAKE.to_owned()).unwrap_or_default() {
        settings::read(&mut layer, &found.place, entry, about, problems);
    }
    layer
}

fn service_type(found: &Found<'_>, name: &str, problems: &mut Problems) -> ServiceType {
    let origin = found.place.origin();
    let mut read = ServiceType { origin, layer: Layer::default(), call_timeout: None };
    for entry in found.table(problems, || SETTINGS_TAKE.to_owned()).unwrap_or_default() {
        if entry.key == calls::TIMEOUT {
            read.call_timeout = calls::of_service_type(name, &found.inner(entry), problems);
        } else {
            settings::read(&mut read.layer, &found.place, entry, About::ServiceType, problems);
        }
    }
    read
}

const SETTINGS_TAKE: &str = "a table of settings";

fn breakers(found: &Found<'_>, name: &str, problems: &mut Problems) -> Option<Breakers> {
    let pattern = Pattern::new(name);
    let is_named = name_problem(&pattern);
    if let Some(problem) = &is_named {
        problems.add(&found.place, || problem.clone());
    }
    if is_named.is_some() && !matches!(found.value, Value::Table(_)) {
        return None;
    }
    let mut layer = Layer::default();
    let mut all_calls = Vec::new();
    for entry in found.table(problems, || breaker_takes(name)).unwrap_or_default() {
        if entry.key != "calls" {
            settings::read(&mut layer, &found.place, entry, About::Breaker, problems);
            continue;
        }
        let calls = found.inner(entry);
        if !pattern.is_exact() {
            problems.add(&calls.place, || {
                "is of the functions of one breaker, and this is a pattern: write the breaker's name in its place".to_owned()
            });
            continue;
        }
        each(&calls, problems, CALLS_TAKE, |found, function, problems| {
            if calls::is_setting(function, found.value) {
                problems.add(&found.place, || calls::belongs(function));
                return;
            }
            if !calls::is_function(function) {
                problems.add(&found.place, || {
                    format!(
                        "{} is no function: give the last part of its path, or more of it, such as `stock` or `\"Warehouse::stock\"`",
                        quoted(function)
                    )
                });
            }
            let takes = || "a table of settings of the function's calls".to_owned();
            let entries = found.table(problems, takes).unwrap_or_default();
            all_calls.push(calls::read(name, function, &found.place, entries, problems));
        });
    }
    if is_named.is_some() {
        return None;
    }
    let (origin, at) = (found.place.origin(), found.place.at());
    Some(Breakers { pattern, origin, at, layer, calls: all_calls })
}

/// A setting that is put where a breaker's name belongs is meant for all of them.
fn breaker_takes(name: &str) -> String {
    if ConfigBuilder::SETTINGS.contains(&name) {
        return format!(
            "the settings of a breaker of the name {}; a setting of all breakers stands under `[defaults]`",
            quoted(name)
        );
    }
    SETTINGS_TAKE.to_owned()
}

/// What is wrong with a breaker's name or a pattern of names.
fn name_problem(pattern: &Pattern) -> Option<String> {
    // A star may stand for nothing, and beside it a name may have its full length.
    let text: String = pattern.as_str().replace('*', "");
    if pattern.as_str().is_empty() {
        return Some("a breaker's name is not empty".to_owned());
    }
    match name::check(&text) {
        Ok(()) | Err(name::NameError::Empty) => None,
        Err(name::NameError::TooLong(_)) => {
            Some(format!("a breaker's name has at most {} characters", name::LONGEST))
        }
        Err(name::NameError::Character { found, .. }) => {
            let hint = match text.split_once('[') {
                Some((name, _)) if name::check(name).is_ok() && text.ends_with(']') => format!(
                    "; the breakers of all keys have the settings of their name: write `{name}`"
                ),
                _ => String::new(),
            };
            Some(format!(
                "a breaker's name is made of letters, digits and `_ - . : /`, and a pattern of these and `*`, but this has {found:?}{hint}"
            ))
        }
    }
}

fn alerts(alerts: &mut AlertChanges, found: &Found<'_>, problems: &mut Problems) {
    let takes = || {
        let example = found.place.example("floor = 0.5", "{ \"floor\": 0.5 }");
        format!("a table of bounds, such as `{example}`")
    };
    for entry in found.table(problems, takes).unwrap_or_default() {
        let inner = found.inner(entry);
        if AlertChanges::NAMES.contains(&entry.key.as_ref()) {
            alerts.put(&entry.key, &inner, problems);
        } else {
            problems.add(&inner.place, || {
                let names = AlertChanges::NAMES.iter().copied();
                format!("unknown bound of alerts: {}", near::hint(&entry.key, "bounds", names))
            });
        }
    }
}

fn unknown(key: &str, is_top: bool) -> String {
    if ConfigBuilder::SETTINGS.contains(&key) {
        return "is a setting, and settings stand in tables: one of all breakers under `[defaults]`, one of a single breaker under `[breakers.\"NAME\"]`".to_owned();
    }
    if key == ENVIRONMENTS {
        return "stands at the top of the file: an environment has none in it".to_owned();
    }
    let tables: Vec<&str> = TABLES.iter().copied().chain(is_top.then_some(ENVIRONMENTS)).collect();
    format!("unknown table: {}", near::hint(key, "tables", tables.iter().copied()))
}
