//! Tables that stand over others while their environment is in force.

use std::time::Duration;

use super::{read, refused, toml, warnings};
use crate::{
    config::{CallChanges, Layers, RetryChanges},
    observe::alert_bounds::AlertBounds,
};

const TEXT: &str = r#"
[defaults]
failure_threshold = 3
recovery_timeout = "10s"

[service_types.database]
shed = 2

[breakers."a*"]
shed = 3

[breakers."*a"]
shed = 4

[breakers.db]
shed = 5
min_calls = 7

[breakers.db.calls.stock]
call_timeout = "1s"
retry = { max_attempts = 3, delay = "1s" }

[alerts]
floor = 0.1
recent = "1m"

[environments.production.defaults]
recovery_timeout = "60s"

[environments.production.service_types.database]
min_calls = 20

[environments.production.service_types.llm]
min_calls = 30

[environments.production.breakers."a*"]
min_calls = 40

[environments.production.breakers.db]
shed = 6

[environments.production.breakers.db.calls.stock]
retry.delay = "2s"

[environments.production.breakers.db.calls.sold]
call_timeout = "2s"

[environments.production.breakers.other]
shed = 9

[environments.production.alerts]
floor = 0.2
"#;

fn layers(environment: Option<&str>) -> Layers {
    read(&toml(TEXT)).unwrap().document.layers(environment)
}

fn patterns(layers: &Layers) -> Vec<&str> {
    layers.patterns.iter().map(|(pattern, _)| pattern.as_str()).collect()
}

#[test]
fn without_one_their_tables_say_nothing() {
    let plain = layers(None);
    assert_eq!(plain, layers(Some("staging")));
    assert_eq!(plain.defaults.settings.recovery_timeout, Some(Duration::from_secs(10)));
    assert_eq!(patterns(&plain), ["*a", "a*"], "of equally exact ones the later goes before");
    assert_eq!(plain.calls.len(), 1);
}

#[test]
fn one_in_force_stands_over_the_same_tables_setting_by_setting() {
    let layers = layers(Some("production"));
    assert_eq!(layers.defaults.settings.failure_threshold, Some(3));
    assert_eq!(layers.defaults.settings.recovery_timeout, Some(Duration::from_secs(60)));
    assert_eq!(
        layers.defaults.origins["recovery_timeout"].to_string(),
        "<toml>:28, `environments.production.defaults.recovery_timeout`"
    );
    assert_eq!(
        layers.defaults.origins["failure_threshold"].to_string(),
        "<toml>:3, `defaults.failure_threshold`"
    );
    let database = layers.service_types["database"].settings;
    assert_eq!((database.shed, database.min_calls), (Some(2.0), Some(20)));
    assert_eq!(layers.service_types["llm"].settings.min_calls, Some(30));

    let db = &layers.breakers["db"].origins;
    assert_eq!(layers.breakers["other"].settings.shed, Some(9.0));
    assert_eq!(patterns(&layers), ["*a", "a*"], "a pattern keeps its place");
    assert_eq!(db["shed"].to_string(), "<toml>:40, `environments.production.breakers.db.shed`");
    assert_eq!(db["min_calls"].to_string(), "<toml>:17, `breakers.db.min_calls`");
    assert_eq!(
        layers.patterns[1].1.origins["shed"].to_string(),
        "<toml>:10, `breakers.\"a*\".shed`"
    );

    let [stock, sold] = layers.calls.as_slice() else { panic!("two") };
    let retry = RetryChanges {
        max_attempts: Some(3),
        delay: Some(Duration::from_secs(2)),
        ..RetryChanges::default()
    };
    let call_timeout = Some(Duration::from_secs(1));
    assert_eq!(stock.changes, CallChanges { call_timeout, retry, ..CallChanges::default() });
    assert_eq!(
        stock.origins["call_timeout"].to_string(),
        "<toml>:20, `breakers.db.calls.stock.call_timeout`"
    );
    assert_eq!(
        stock.origins["retry"].to_string(),
        "<toml>:43, `environments.production.breakers.db.calls.stock.retry`"
    );
    assert_eq!(sold.function, "sold");

    let bounds = AlertBounds::new().floor(0.2).recent(Duration::from_secs(60));
    assert_eq!(layers.alert_bounds, Some(bounds));
}

#[test]
fn all_of_them_are_checked() {
    let text = "[environments.a.defaults]\nshed = 1\n[environments.b.breakers.db]\nx = 1\n";
    let source = toml(text).environment("b");
    assert_eq!(
        refused(&source),
        [
            "line 2, `environments.a.defaults.shed`: must be a finite number above 1, but is 1.0",
            &format!(
                "line 4, `environments.b.breakers.db.x`: unknown setting: the settings are {SETTINGS}"
            ),
        ]
    );
}

/// As they are listed to who wrote something else.
pub(super) const SETTINGS: &str = "`service_type`, `critical`, `failure_threshold`, `recovery_timeout`, `half_open_max_calls`, `success_threshold`, `probe_timeout`, `response_times`, `failure_rate`, `slow_call`, `slow_call_rate`, `window`, `min_calls`, `backoff`, `reset_timeout`, `shed`, `max_keys`";

#[test]
fn one_that_is_named_and_not_there_is_odd() {
    assert_eq!(warnings(&toml(TEXT).environment("production")), [""; 0]);
    assert_eq!(
        warnings(&toml(TEXT).environment("prodution")),
        [
            "of the environment `prodution`, which is in force, the file says nothing: did you mean `production`?"
        ]
    );
    assert_eq!(
        warnings(&toml(TEXT).variables([("CIRCUIT_BREAKER_ENVIRONMENT", "test\n")])),
        [
            "variable `CIRCUIT_BREAKER_ENVIRONMENT`: of the environment `test`, which is in force, the file says nothing: the environments are `production`"
        ]
    );
    assert_eq!(
        warnings(&toml("[defaults]").environment("test")),
        [
            "of the environment `test`, which is in force, the file says nothing: it has no `[environments.NAME]`"
        ]
    );
    // Without a file, there is nothing that could be said of it.
    let source = crate::Source::from_env().variables([("CIRCUIT_BREAKER_ENVIRONMENT", "test")]);
    let read = read(&source).unwrap();
    assert!(read.warnings.is_empty());
    assert_eq!(read.environment(), Some("test"));
}

#[test]
fn a_source_says_the_environment_ahead_of_the_variable() {
    let source = toml(TEXT)
        .environment("production")
        .variables([("CIRCUIT_BREAKER_ENVIRONMENT", "staging")]);
    assert_eq!(read(&source).unwrap().environment(), Some("production"));
}

#[test]
fn there_is_none_within_another_and_none_without_a_name() {
    assert_eq!(
        refused(&toml("[environments.a.environments.b.defaults]\n[environments.\" \"]\n")),
        [
            "line 1, `environments.a.environments`: stands at the top of the file: an environment has none in it",
            "line 2, `environments.\" \"`: an environment has a name that is not empty",
        ]
    );
}
