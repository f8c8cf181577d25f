//! What is said of bad keys and values.

use super::{environments::SETTINGS, refused, refused_once, toml};

/// The one thing that is said of a value in a table.
fn of(table: &str, line: &str) -> String {
    let told = refused_once(&toml(&format!("[{table}]\n{line}\n")));
    let (place, message) = told.split_once(": ").expect("a place and a message");
    assert!(place.starts_with("line 2, `"), "{told}");
    message.to_owned()
}

fn of_setting(line: &str) -> String {
    of("defaults", line)
}

#[test]
fn values_of_a_wrong_type() {
    for (line, message) in [
        // Text
        ("service_type = \"\"", "must be a text that is not empty, but is \"\""),
        ("service_type = \" \"", "must be a text that is not empty, but is \" \""),
        // u32
        ("failure_threshold = \"5\"", "takes a whole number, such as `5`, found the text `\"5\"`"),
        ("failure_threshold = 5.0", "takes a whole number, such as `5`, found `5.0`"),
        ("failure_threshold = -1", "takes a whole number that is not negative, found `-1`"),
        (
            "failure_threshold = 4294967296",
            "takes a whole number up to 4294967295, found `4294967296`",
        ),
        (
            "failure_threshold = 0x1_0000_0000_0000_0000_0000_0000_0000_0000",
            "takes a whole number, such as `5`, found `0x100000000000000000000000000000000`",
        ),
        ("failure_threshold = true", "takes a whole number, such as `5`, found `true`"),
        ("failure_threshold = []", "takes a whole number, such as `5`, found a list"),
        ("failure_threshold = {}", "takes a whole number, such as `5`, found a table"),
        ("failure_threshold = 2026-11-01", "takes a whole number, such as `5`, found a date"),
        // bool
        ("critical = 1", "takes `true` or `false`, found `1`"),
        ("critical = \"yes\"", "takes `true` or `false`, found the text `\"yes\"`"),
        // f64
        ("shed = \"2\"", "takes a number, such as `0.5`, found the text `\"2\"`"),
        ("failure_rate = \"50%\"", "takes a number, such as `0.5`, found the text `\"50%\"`"),
        // Duration
        (
            "slow_call = 30",
            "takes a duration, and a number alone says no unit: write `\"30s\"` or `\"30ms\"`",
        ),
        (
            "slow_call = 1.5",
            "takes a duration, and a number alone says no unit: write `\"1.5s\"` or `\"1.5ms\"`",
        ),
        (
            "slow_call = \"30\"",
            "\"30\" is no duration: time unit needed, for example 30sec or 30ms; write it like `\"250ms\"`, `\"30s\"` or `\"1m 30s\"`",
        ),
        (
            "slow_call = \"\"",
            "\"\" is no duration: value was empty; write it like `\"250ms\"`, `\"30s\"` or `\"1m 30s\"`",
        ),
        (
            "slow_call = \"-1s\"",
            "\"-1s\" is no duration: expected number at 0; write it like `\"250ms\"`, `\"30s\"` or `\"1m 30s\"`",
        ),
        ("slow_call = false", "takes a duration, such as `\"30s\"`, found `false`"),
        // Window
        (
            "window = true",
            "takes a number of calls, such as `100`, or a time, such as `\"10s\"`, found `true`",
        ),
        ("window = 1.5", "takes a whole number, such as `5`, found `1.5`"),
        (
            "window = \"100\"",
            "takes a number of calls without quotes, `100`, or a time with its unit, such as `\"10s\"`, found the text `\"100\"`",
        ),
        // Backoff
        (
            "backoff = 2.0",
            "takes several values: `{ factor = 2.0, max = \"10m\", jitter = 0.1 }`, found `2.0`",
        ),
        (
            "backoff = {}",
            "takes a `factor`, by which each open time is longer than the one before, and a `max`, the longest: write `{ factor = 2.0, max = \"10m\", jitter = 0.1 }`",
        ),
        ("backoff.facto = 2", "unknown part: did you mean `factor`?"),
        ("backoff.x = 2", "unknown part: the parts are `factor`, `max`, `jitter`"),
        (
            "backoff = { factor = \"2\", max = \"1m\" }",
            "takes a number, such as `0.5`, found the text `\"2\"`",
        ),
        // A text
        ("service_type = 1", "takes a text, such as `\"database\"`, found `1`"),
        // A function
        (
            "health_check = \"ping\"",
            "is a function, which a file cannot name: give it in the attribute, `health_check = ping`, or in code",
        ),
    ] {
        assert_eq!(of_setting(line), message, "{line}");
    }
}

#[test]
fn values_outside_their_bounds() {
    for (line, message) in [
        ("failure_threshold = 0", "must be at least 1, but is 0"),
        ("slow_call = \"0s\"", "must be longer than zero, but is 0s"),
        ("failure_rate = 0", "must be above 0 and at most 1, but is 0.0"),
        ("failure_rate = 50", "must be above 0 and at most 1, but is 50.0"),
        ("failure_rate = nan", "must be above 0 and at most 1, but is NaN"),
        ("shed = inf", "must be a finite number above 1, but is inf"),
        ("window = 0", "must be from 1 to 1000000 calls, or a time, but is 0"),
        ("window = \"10us\"", "must be at least 1ms, or a number of calls, but is 10us"),
        (
            "backoff = { factor = 0.5, max = \"1m\" }",
            "must be a finite number of at least 1, but is 0.5",
        ),
        ("backoff = { factor = 2, max = \"1m\", jitter = 2 }", "must be from 0 to 1, but is 2.0"),
    ] {
        assert_eq!(of_setting(line), message, "{line}");
    }
    let told = refused(&toml("[defaults.backoff]\nfactor = 2\nmax = \"0s\"\n"));
    assert_eq!(told, ["line 3, `defaults.backoff.max`: must be longer than zero, but is 0s"]);
    let told = refused(&toml("[defaults]\nbackoff = { factor = 0, max = \"0s\", jitter = 2 }\n"));
    assert_eq!(
        told,
        [
            "line 2, `defaults.backoff.factor`: must be a finite number of at least 1, but is 0.0",
            "line 2, `defaults.backoff.max`: must be longer than zero, but is 0s",
            "line 2, `defaults.backoff.jitter`: must be from 0 to 1, but is 2.0",
        ]
    );
}

#[test]
fn settings_that_there_are_none_of() {
    let all = format!("unknown setting: the settings are {SETTINGS}");
    for (line, message) in [
        ("failure_treshold = 3", "unknown setting: did you mean `failure_threshold`?"),
        ("recoveryTimeout = \"3s\"", "unknown setting: did you mean `recovery_timeout`?"),
        ("colour = 3", &all),
        (
            "wait-duration-in-open-state = \"3s\"",
            "unknown setting: did you mean `recovery_timeout` (how long the breaker stays open before a probe)?",
        ),
        (
            "fail_max = 3",
            "unknown setting: did you mean `failure_threshold` (failures in a row that open the breaker)?",
        ),
        (
            "timeout = 3",
            "unknown setting: did you mean `recovery_timeout` (how long the breaker stays open), or for a function's calls `call_timeout` (how long one call may take)?",
        ),
        (
            "enabled = false",
            "unknown setting: no setting turns a breaker off: the variable `CIRCUIT_BREAKERS_ENABLED=false` turns off all of them",
        ),
        ("fallback = \"x\"", "is for the attribute alone, not for a file"),
        (
            "call_timeout = \"3s\"",
            "is a setting of calls: it stands under `[breakers.\"NAME\".calls.FUNCTION]`, where FUNCTION has `call_timeout` in its attribute",
        ),
        ("calls.x = 3", "is of one breaker: it stands under `[breakers.\"NAME\".calls.FUNCTION]`"),
    ] {
        assert_eq!(of_setting(line), message, "{line}");
    }
    assert_eq!(
        of("service_types.database", "service_type = \"x\""),
        "is what the table is named after: it cannot have another one"
    );
    assert_eq!(
        refused(&toml("[breakers.web.db]\nshed = 2\n")),
        [
            "line 1, `breakers.web.db`: unknown setting: if it is a part of the breaker's name, put the whole name in quotes, as in `[breakers.\"web.db\"]`"
        ]
    );
}

#[test]
fn tables_that_there_are_none_of() {
    for (text, message) in [
        ("breaker.db.shed = 2", "`breaker`: unknown table: did you mean `breakers`?"),
        (
            "colour = 2",
            "`colour`: unknown table: the tables are `defaults`, `service_types`, `breakers`, `alerts`, `environments`",
        ),
        (
            "environments.a.defalts.shed = 2",
            "`environments.a.defalts`: unknown table: did you mean `defaults`?",
        ),
        (
            "shed = 2",
            "`shed`: is a setting, and settings stand in tables: one of all breakers under `[defaults]`, one of a single breaker under `[breakers.\"NAME\"]`",
        ),
        ("defaults = 3", "`defaults`: takes a table of settings, found `3`"),
        (
            "service_types = 3",
            "`service_types`: takes a table for each service type, such as `[service_types.database]`, found `3`",
        ),
        ("service_types.db = 3", "`service_types.db`: takes a table of settings, found `3`"),
        (
            "[[breakers]]",
            "`breakers`: takes a table for each breaker, such as `[breakers.\"web_app/*\"]`, found a list",
        ),
        (
            "breakers.shed = 2",
            "`breakers.shed`: takes the settings of a breaker of the name `shed`; a setting of all breakers stands under `[defaults]`, found `2`",
        ),
        (
            "environments.a = 2",
            "`environments.a`: takes tables, such as `defaults` and `breakers`, found `2`",
        ),
        ("alerts = 2", "`alerts`: takes a table of bounds, such as `floor = 0.5`, found `2`"),
        ("alerts.flor = 2", "`alerts.flor`: unknown bound of alerts: did you mean `floor`?"),
        (
            "alerts.open_for = 2",
            "`alerts.open_for`: takes a duration, and a number alone says no unit: write `\"2s\"` or `\"2ms\"`",
        ),
        ("alerts.several_opened = 0", "`alerts.several_opened`: must be at least 1, but is 0"),
        ("\"$schema\" = 2", "`\"$schema\"`: takes the schema's address, a text, found `2`"),
    ] {
        assert_eq!(refused(&toml(text)), [format!("line 1, {message}")], "{text}");
    }
}

#[test]
fn a_service_type_that_is_none() {
    for name in ["", "  "] {
        let told = refused_once(&toml(&format!("[service_types.\"{name}\"]\n")));
        assert!(told.ends_with(": a service type is not empty"), "{told}");
    }
}

#[test]
fn names_that_no_breaker_has() {
    for (name, message) in [
        ("", "a breaker's name is not empty"),
        (
            "a b",
            "a breaker's name is made of letters, digits and `_ - . : /`, and a pattern of these and `*`, but this has ' '",
        ),
        (
            "api[7]",
            "a breaker's name is made of letters, digits and `_ - . : /`, and a pattern of these and `*`, but this has '['; the breakers of all keys have the settings of their name: write `api`",
        ),
        (&"x".repeat(129), "a breaker's name has at most 128 characters"),
    ] {
        let told = refused_once(&toml(&format!("[breakers.\"{name}\"]\n")));
        assert!(told.ends_with(&format!(": {message}")), "{told}");
    }
}

#[test]
fn calls() {
    let of_call = |line: &str| of("breakers.db.calls.stock", line);
    for (line, message) in [
        ("call_timeut = \"2s\"", "unknown setting of calls: did you mean `call_timeout`?"),
        (
            "colour = 2",
            "unknown setting of calls: there are `call_timeout`, `max_concurrent`, `retry`, `stale_if_error`",
        ),
        (
            "shed = 2",
            "is a setting of the breaker, not of one function's calls: write `shed` under `[breakers.\"NAME\"]`",
        ),
        ("max_attempts = 2", "is a part of `retry`: write `retry.max_attempts`"),
        ("max_age = 2", "is a part of `stale_if_error`: write `stale_if_error.max_age`"),
        (
            "call_timeout = 2",
            "takes a duration, and a number alone says no unit: write `\"2s\"` or `\"2ms\"`",
        ),
        ("call_timeout = \"0s\"", "must be longer than zero, but is 0s"),
        ("max_concurrent = 0", "must be at least 1, but is 0"),
        (
            "retry = 3",
            "takes a table of any of its parts: `{ max_attempts = 3, delay = \"100ms\", factor = 2.0, max_delay = \"10s\", jitter = 0.5 }`, found `3`",
        ),
        ("retry.max_attempts = 0", "must be at least 1, but is 0"),
        ("retry.factor = 0.5", "must be a finite number of at least 1, but is 0.5"),
        ("retry.jitter = true", "takes a number, such as `0.5`, found `true`"),
        (
            "retry.max_retries = 2",
            "unknown part: the parts are `max_attempts`, `delay`, `factor`, `max_delay`, `jitter`",
        ),
        (
            "retry = { delay = \"2s\", max_delay = \"1s\" }",
            "`max_delay`, the longest wait, is shorter than `delay`, the first one: raise `max_delay`, or lower `delay`",
        ),
        (
            "stale_if_error = \"5m\"",
            "takes a table: `{ max_age = \"5m\" }`, found the text `\"5m\"`",
        ),
        ("stale_if_error.key = 2", "unknown part: the parts are `max_age`"),
    ] {
        assert_eq!(of_call(line), message, "{line}");
    }
    for (text, message) in [
        (
            "breakers.\"d*\".calls.f = {}",
            "`breakers.\"d*\".calls`: is of the functions of one breaker, and this is a pattern: write the breaker's name in its place",
        ),
        (
            "breakers.db.calls = 3",
            "`breakers.db.calls`: takes a table for each function, such as `[breakers.\"NAME\".calls.FUNCTION]`, found `3`",
        ),
        (
            "breakers.db.calls.call_timeout = \"2s\"",
            "`breakers.db.calls.call_timeout`: is a setting of calls: it stands under `[breakers.\"NAME\".calls.FUNCTION]`, where FUNCTION has `call_timeout` in its attribute",
        ),
        (
            "breakers.db.calls.stale_if_error = { max_age = \"2s\" }",
            "`breakers.db.calls.stale_if_error`: is a setting of calls: it stands under `[breakers.\"NAME\".calls.FUNCTION]`, where FUNCTION has `stale_if_error` in its attribute",
        ),
        (
            "breakers.db.calls.stock = \"2s\"",
            "`breakers.db.calls.stock`: takes a table of settings of the function's calls, found the text `\"2s\"`",
        ),
        (
            "breakers.db.calls.\"a b\" = {}",
            "`breakers.db.calls.\"a b\"`: `a b` is no function: give the last part of its path, or more of it, such as `stock` or `\"Warehouse::stock\"`",
        ),
    ] {
        assert_eq!(refused(&toml(text)), [format!("line 1, {message}")], "{text}");
    }
}
