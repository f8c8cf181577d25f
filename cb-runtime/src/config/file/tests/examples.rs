//! The configuration files of the examples, and the schema.

use std::{collections::BTreeSet, time::Duration};

use serde_json::Value;

use super::{json, read, toml};
use crate::{
    CONFIG_SCHEMA,
    config::{
        ConfigBuilder,
        file::{
            calls,
            document::Document,
            place::Format,
            rewrite::{check, without_lines},
        },
    },
    observe::alert_bounds::AlertChanges,
};

const TOML: &str = include_str!("../../../../../examples/config/circuit-breakers.toml");
const JSON: &str = include_str!("../../../../../examples/config/circuit-breakers.json");

fn in_both() -> [Document; 2] {
    [toml(TOML), json(JSON)].map(|source| {
        let read = read(&source).unwrap();
        assert_eq!(read.warnings, []);
        read.document
    })
}

#[test]
fn the_two_files_say_the_same() {
    let [toml, json] = in_both();
    for environment in [None, Some("production"), Some("demo")] {
        let [toml, json] =
            [&toml, &json].map(|document| without_lines(document.layers(environment)));
        assert_eq!(toml, json);
    }
    let production = toml.layers(Some("production"));
    assert_eq!(production.defaults.settings.recovery_timeout, Some(Duration::from_secs(60)));
    assert_eq!(production.calls[0].changes.call_timeout, Some(Duration::from_secs(90)));
}

fn keys(schema: &Value, at: &str) -> BTreeSet<String> {
    let properties = schema.pointer(at).and_then(Value::as_object);
    properties.expect("it is in the schema").keys().cloned().collect()
}

#[test]
fn the_schema_names_the_settings_that_there_are() {
    let schema: Value = serde_json::from_str(CONFIG_SCHEMA).unwrap();
    let set = |names: &[&str]| names.iter().copied().map(str::to_owned).collect::<BTreeSet<_>>();
    // A file cannot name a function.
    let mut settings = set(ConfigBuilder::SETTINGS);
    settings.remove("health_check");
    assert_eq!(keys(&schema, "/$defs/settings/properties"), settings);
    let mut of_breaker = settings.clone();
    of_breaker.insert("calls".to_owned());
    assert_eq!(keys(&schema, "/$defs/breaker/properties"), of_breaker);
    settings.remove("service_type");
    settings.insert("call_timeout".to_owned());
    assert_eq!(keys(&schema, "/$defs/service_type/properties"), settings);
    assert_eq!(keys(&schema, "/$defs/calls/properties"), set(calls::KEYS));
    let retry = calls::RETRY.map(|(part, _)| part);
    assert_eq!(keys(&schema, "/$defs/calls/properties/retry/properties"), set(&retry));
    assert_eq!(keys(&schema, "/$defs/alerts/properties"), set(AlertChanges::NAMES));
}

#[test]
fn a_file_says_the_same_in_the_other_format() {
    check(TOML, Format::Toml);
    check(JSON, Format::Json);
}
