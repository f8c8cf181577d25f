//! Files in JSON.

use std::time::Duration;

use super::{json, read, refused, refused_once};

#[test]
fn a_file_says_settings_and_where_they_stand() {
    let text = r#"{
  "$schema": "x.json",
  "defaults": { "recovery_timeout": "1m 30s",
    "\u0073hed": 1.5e0 },
  "breakers": {
    "web/*": {
      "backoff": { "factor": 2,
        "max": "10m" } }
  }
}"#;
    let layers = read(&json(text)).unwrap().layers;
    let defaults = layers.defaults;
    assert_eq!(defaults.settings.recovery_timeout, Some(Duration::from_secs(90)));
    assert_eq!(defaults.settings.shed, Some(1.5));
    assert_eq!(defaults.origins["shed"].to_string(), "<json>:4, `defaults.shed`");
    let (_, web) = &layers.patterns[0];
    assert_eq!(web.origins["backoff"].to_string(), "<json>:7, `breakers.\"web/*\".backoff`");
}

#[test]
fn examples_are_written_as_the_file_is() {
    let text = r#"{"defaults": {"backoff": {"factor": 2}}, "breakers": {"db": {"calls": {"f": {"retry": 3}}}}}"#;
    assert_eq!(
        refused(&json(text)),
        [
            r#"line 1, `defaults.backoff`: takes a `factor`, by which each open time is longer than the one before, and a `max`, the longest: write `{ "factor": 2.0, "max": "10m", "jitter": 0.1 }`"#,
            r#"line 1, `breakers.db.calls.f.retry`: takes a table of any of its parts: `{ "max_attempts": 3, "delay": "100ms", "factor": 2.0, "max_delay": "10s", "jitter": 0.5 }`, found `3`"#,
        ]
    );
}

#[test]
fn what_is_said_of_tables_is_in_json() {
    for (text, message) in [
        (
            r#"{"breakers": []}"#,
            r#"`breakers`: takes a table for each breaker, such as `"breakers": { "web_app/*": { … } }`, found a list"#,
        ),
        (
            r#"{"environments": 3}"#,
            r#"`environments`: takes a table for each environment, such as `"environments": { "production": { … } }`, found `3`"#,
        ),
        (
            r#"{"service_types": ""}"#,
            r#"`service_types`: takes a table for each service type, such as `"service_types": { "database": { … } }`, found the text `""`"#,
        ),
        (
            r#"{"alerts": null}"#,
            r#"`alerts`: takes a table of bounds, such as `{ "floor": 0.5 }`, found `null`"#,
        ),
    ] {
        assert_eq!(refused_once(&json(text)), format!("line 1, {message}"));
    }
}
