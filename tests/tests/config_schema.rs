//! The JSON Schema of configuration files, against the examples and against what a registry takes.

#![cfg(feature = "config")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a helper of a test fails the test")]

use std::{
    collections::HashSet,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

use cb_runtime::{CONFIG_SCHEMA, Registry, Source};
use jsonschema::Validator;
use serde_json::{Value, json};

fn schema() -> Validator {
    let schema: Value = serde_json::from_str(CONFIG_SCHEMA).expect("the schema is JSON");
    jsonschema::draft202012::meta::validate(&schema).expect("the schema is one of draft 2020-12");
    jsonschema::draft202012::new(&schema).expect("the schema can be used")
}

/// Has a new registry load it, with the breakers of these tests announced.
fn load(file: &Value) -> Result<(), cb_runtime::LoadError> {
    let source = Source::json(file.to_string()).without_variables();
    Registry::new().load(source.breakers(["db", "web/db", "llm"])).map(|_| ())
}

/// The configuration files of all examples: everything in these formats but the manifest.
fn example_files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut left = vec![repository().join("examples")];
    while let Some(directory) = left.pop() {
        for entry in fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
            } else if path.extension().is_some_and(|end| end == "toml" || end == "json")
                && !path.ends_with("Cargo.toml")
            {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests are in the repository")
}

#[test]
fn the_example_files_keep_to_the_schema() {
    let schema = schema();
    let mut seen = HashSet::new();
    for path in example_files() {
        let text = fs::read_to_string(&path).unwrap();
        let file: Value = match path.extension().and_then(|extension| extension.to_str()) {
            Some("toml") => toml::from_str(&text).unwrap(),
            Some("json") => serde_json::from_str(&text).unwrap(),
            _ => panic!("{} is of no format", path.display()),
        };
        let wrong: Vec<_> = schema.iter_errors(&file).map(|error| error.to_string()).collect();
        assert_eq!(wrong, [""; 0], "{}", path.display());
        seen.extend(path.parent().and_then(Path::file_name).map(ToOwned::to_owned));
        seen.extend(path.extension().map(ToOwned::to_owned));
    }
    // Those of several examples, in both formats.
    for name in ["config", "control_room", "field_station", "toml", "json"] {
        assert!(seen.contains(OsStr::new(name)), "{name} is not among {seen:?}");
    }
}

#[test]
fn the_files_of_the_guide_keep_to_the_schema() {
    let guide = repository().join("cb-runtime/src/guide/configuration.md");
    let guide = fs::read_to_string(guide).unwrap();
    let schema = schema();
    let files: Vec<&str> = guide
        .split("```toml\n")
        .skip(1)
        .filter_map(|rest| rest.split_once("```").map(|(file, _)| file))
        .collect();
    assert!(!files.is_empty());
    for text in files {
        let file: Value = toml::from_str(text).unwrap();
        let wrong: Vec<_> = schema.iter_errors(&file).map(|error| error.to_string()).collect();
        assert_eq!(wrong, [""; 0], "{text}");
    }
}

#[test]
fn what_a_registry_takes_the_schema_takes() {
    let schema = schema();
    let mut files = vec![
        json!({}),
        json!({ "$schema": "somewhere", "defaults": {} }),
        json!({ "defaults": { "shed": 2, "failure_rate": 1, "window": 1, "min_calls": 1 } }),
        json!({ "defaults": { "window": "1ms", "service_type": "llm", "max_keys": u32::MAX } }),
        json!({ "defaults": { "backoff": { "factor": 1, "max": "1ns" } } }),
        json!({ "defaults": { "slow_call": "1s", "slow_call_rate": 0.001, "critical": false } }),
        json!({ "service_types": { "my own": { "shed": 1.01 } } }),
        json!({ "service_types": { "llm": { "call_timeout": "90s" } } }),
        json!({ "breakers": { "*": {}, "web/*": { "critical": true }, "db": { "calls": {} } } }),
        json!({ "alerts": { "floor": 0, "error_rate": 1, "several_opened": 1, "p95_factor": 9 } }),
        json!({ "environments": { "test": { "alerts": {}, "breakers": { "llm": {} } } } }),
    ];
    for duration in
        ["1s", " 1h 30m ", "2 days", "1h30m", "1.5s", "10 000ms", "3µs", "1M", "1y2w", "0s 1ns"]
    {
        files.push(json!({ "defaults": { "reset_timeout": duration } }));
    }
    for window in ["1000us", "0.001s", "1.5 ms", "1 000 000 ns", "600us 600us", "1us 1s", "0.1min"]
    {
        files.push(json!({ "defaults": { "window": window } }));
    }
    for file in files {
        load(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
        let wrong: Vec<_> = schema.iter_errors(&file).map(|error| error.to_string()).collect();
        assert_eq!(wrong, [""; 0], "{file}");
    }
}

#[test]
fn both_refuse_a_window_of_less_than_a_millisecond() {
    let schema = schema();
    for window in ["10us", "999us", "099.9 µs ", "999 999 nanos", "0.9ms", "0.0009s"] {
        let file = json!({ "defaults": { "window": window } });
        let error = load(&file).expect_err("it is refused").to_string();
        assert!(error.contains("`defaults.window`: must be at least 1ms"), "{error}");
        assert!(!schema.is_valid(&file), "{file}");
    }
}

#[test]
fn what_a_registry_refuses_the_schema_refuses() {
    let of = |setting: &str, value: Value| {
        (format!("defaults.{setting}"), json!({ "defaults": { setting: value } }))
    };
    let of_call = |setting: &str, value: Value| {
        let file = json!({ "breakers": { "db": { "calls": { "f": { setting: value } } } } });
        (format!("breakers.db.calls.f.{setting}"), file)
    };
    let of_backoff = |field: &str, value: Value| {
        let mut backoff = json!({ "factor": 2, "max": "1m" });
        backoff[field] = value;
        (format!("defaults.backoff.{field}"), json!({ "defaults": { "backoff": backoff } }))
    };
    let at = |key: &str, file: Value| (key.to_owned(), file);
    let files = [
        of("failure_treshold", json!(3)),
        of("failure_threshold", json!(0)),
        of("failure_threshold", json!("5")),
        of("failure_threshold", json!(5.5)),
        of("failure_threshold", json!(-5)),
        of("failure_threshold", json!(4_294_967_296_u64)),
        of("failure_threshold", json!(null)),
        of("recovery_timeout", json!(30)),
        of("recovery_timeout", json!("30")),
        of("recovery_timeout", json!("0s")),
        of("recovery_timeout", json!("-1s")),
        of("recovery_timeout", json!("soon")),
        of("recovery_timeout", json!("")),
        of("critical", json!("yes")),
        of("failure_rate", json!(0)),
        of("failure_rate", json!(1.01)),
        of("failure_rate", json!("50%")),
        of("window", json!(0)),
        of("window", json!(1_000_001)),
        of("window", json!("100")),
        of("window", json!([100])),
        of("backoff", json!({ "factor": 2 })),
        of("backoff", json!(2)),
        of("shed", json!(1)),
        of("service_type", json!(3)),
        of("service_type", json!("")),
        of("service_type", json!(" \t")),
        of("health_check", json!("ping")),
        of("calls", json!({})),
        of_call("call_timeout", json!(2)),
        of_call("max_concurrent", json!(0)),
        of_call("retry", json!(3)),
        of_call("stale_if_error", json!("5m")),
        of_call("shed", json!(2)),
        of_backoff("factor", json!(0.5)),
        of_backoff("max", json!("0s")),
        of_backoff("jitter", json!(2)),
        of_backoff("x", json!(2)),
        at(
            "breakers.db.calls.f.retry.jitter",
            json!({ "breakers": { "db": { "calls": { "f": { "retry": { "jitter": true } } } } } }),
        ),
        at(
            "breakers.db.calls.\"a b\"",
            json!({ "breakers": { "db": { "calls": { "a b": {} } } } }),
        ),
        at("breakers.\"d*\".calls", json!({ "breakers": { "d*": { "calls": {} } } })),
        at("service_types.\" \"", json!({ "service_types": { " ": {} } })),
        at("breakers.\"a b\"", json!({ "breakers": { "a b": {} } })),
        at("breakers.\"\"", json!({ "breakers": { "": {} } })),
        at("breakers", json!({ "breakers": [] })),
        at(
            "service_types.llm.service_type",
            json!({ "service_types": { "llm": { "service_type": "x" } } }),
        ),
        at(
            "service_types.llm.call_timeout",
            json!({ "service_types": { "llm": { "call_timeout": 90 } } }),
        ),
        at("alerts.floor", json!({ "alerts": { "floor": 1.5 } })),
        at("alerts.flor", json!({ "alerts": { "flor": 1 } })),
        at("alerts.several_opened", json!({ "alerts": { "several_opened": 0 } })),
        at("alerts.p95_factor", json!({ "alerts": { "p95_factor": 1 } })),
        at("environments.\" \"", json!({ "environments": { " ": {} } })),
        at(
            "environments.a.environments",
            json!({ "environments": { "a": { "environments": {} } } }),
        ),
        at(
            "environments.a.defaults.shed",
            json!({ "environments": { "a": { "defaults": { "shed": 0 } } } }),
        ),
        at("shed", json!({ "shed": 2 })),
        at("\"$schema\"", json!({ "$schema": 2 })),
    ];
    let schema = schema();
    for (key, file) in files {
        let error = load(&file).expect_err("it is refused");
        let keys: Vec<_> = error.problems().iter().filter_map(|problem| problem.key()).collect();
        assert!(keys.contains(&key.as_str()), "{file}: {error}");
        assert!(!schema.is_valid(&file), "{file}");
    }
}
