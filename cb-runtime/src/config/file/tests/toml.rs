//! Files in TOML.

use std::time::Duration;

use super::{read, refused, toml};
use crate::config::{Backoff, Origin, Window};

#[test]
fn a_file_says_settings_and_where_they_stand() {
    let text = r#"
[defaults]
recovery_timeout = "1m 30s"
critical = true

[service_types.database]
failure_threshold = 3

[breakers."web_app/*"]
window = 200
failure_rate = 1
backoff = { factor = 2.0, max = "10m", jitter = 0.1 }

[breakers.db]
shed = 2
service_type = "database"

[breakers.db.calls."Warehouse::stock"]
call_timeout = "2s"
retry = { max_attempts = 3, jitter = 1 }
stale_if_error.max_age = "5m"

[alerts]
floor = 0.8
"#;
    let read = read(&toml(text)).unwrap();
    let layers = read.layers;
    let defaults = layers.defaults.settings;
    assert_eq!(defaults.recovery_timeout, Some(Duration::from_secs(90)));
    assert_eq!(defaults.critical, Some(true));
    assert_eq!(
        layers.defaults.origins["recovery_timeout"],
        Origin::File { file: "<toml>".into(), line: 3, key: "defaults.recovery_timeout".into() }
    );
    assert_eq!(layers.service_types["database"].settings.failure_threshold, Some(3));
    let db_layer = &layers.breakers["db"];
    let [(web, web_layer)] = layers.patterns.as_slice() else { panic!("one") };
    assert_eq!(web.as_str(), "web_app/*");
    assert_eq!(db_layer.settings.shed, Some(2.0));
    assert_eq!(db_layer.settings.service_type, Some("database"));
    assert_eq!(web_layer.settings.window, Some(Window::Calls(200)));
    let backoff = Backoff::new(2.0, Duration::from_secs(600)).jitter(0.1);
    assert_eq!(web_layer.settings.backoff, Some(backoff));
    assert_eq!(
        web_layer.origins["backoff"].to_string(),
        "<toml>:12, `breakers.\"web_app/*\".backoff`"
    );
    let [call] = layers.calls.as_slice() else { panic!("one") };
    assert_eq!((call.breaker.as_str(), call.function.as_str()), ("db", "Warehouse::stock"));
    assert_eq!(call.changes.call_timeout, Some(Duration::from_secs(2)));
    assert_eq!(call.changes.max_age, Some(Duration::from_secs(300)));
    assert_eq!(call.changes.retry.max_attempts, Some(3));
    let origins: Vec<_> =
        call.origins.iter().map(|(key, origin)| format!("{key}: {origin}")).collect();
    assert_eq!(
        origins,
        [
            "call_timeout: <toml>:19, `breakers.db.calls.\"Warehouse::stock\".call_timeout`",
            "retry: <toml>:20, `breakers.db.calls.\"Warehouse::stock\".retry`",
            "stale_if_error: <toml>:21, `breakers.db.calls.\"Warehouse::stock\".stale_if_error`",
        ]
    );
    assert!(layers.alert_bounds.is_some());
    assert!(read.warnings.is_empty());
}

#[test]
fn all_that_is_wrong_is_told_in_the_order_of_lines() {
    let text = "[breakers.db]\nrecovery_timeout = 30\n\n[defaults]\nfailure_treshold = 3\n";
    assert_eq!(
        refused(&toml(text)),
        [
            "line 2, `breakers.db.recovery_timeout`: takes a duration, and a number alone says no unit: write `\"30s\"` or `\"30ms\"`",
            "line 5, `defaults.failure_treshold`: unknown setting: did you mean `failure_threshold`?",
        ]
    );
}
