//! Environment variables.

use std::time::Duration;

use super::{read, refused, refused_once, warnings};
use crate::config::{Backoff, Source, Window, file::read::Named};

fn variables<const N: usize>(variables: [(&str, &str); N]) -> Source {
    Source::from_env().variables(variables)
}

/// What is said of a value of a setting.
fn of(setting: &str, value: &str) -> String {
    let name = format!("CB_BREAKER__DB__{setting}");
    let told = refused_once(&variables([(&name, value)]));
    let place = format!("variable `{name}`: ");
    told.strip_prefix(&place).expect("the variable is named").to_owned()
}

#[test]
fn they_say_settings_of_breakers_by_name() {
    let source = variables([
        ("CB_BREAKER__WEB_APP_DATABASE__FAILURE_THRESHOLD", " 3 "),
        ("cb_breaker__web_app_database__recovery_timeout", "1m 30s"),
        ("CB_BREAKER__WEB_APP_DATABASE__CRITICAL", "Yes"),
        ("CB_BREAKER__WEB_APP_DATABASE__RESPONSE_TIMES", "off"),
        ("CB_BREAKER__WEB_APP_DATABASE__SHED", "2"),
        ("CB_BREAKER__A__B__WINDOW", "200"),
        ("CB_BREAKER__A___WINDOW", "10s"),
        ("CB_BREAKER__A__B__BACKOFF", "factor=2, max=10m,jitter=0.1"),
        ("CB_BREAKER__A__B__SERVICE_TYPE", "my database"),
        ("PATH", "/bin"),
    ]);
    let read = read(&source).unwrap();
    assert_eq!((read.warnings.len(), read.layers.enabled, read.path), (0, true, None));
    let layers = read.layers.variables;
    let web = &layers["WEB_APP_DATABASE"];
    assert_eq!(web.settings.failure_threshold, Some(3));
    assert_eq!(web.settings.recovery_timeout, Some(Duration::from_secs(90)));
    assert_eq!(web.settings.critical, Some(true));
    assert_eq!(web.settings.response_times, Some(false));
    assert_eq!(web.settings.shed, Some(2.0));
    assert_eq!(
        web.origins["recovery_timeout"].to_string(),
        "variable cb_breaker__web_app_database__recovery_timeout"
    );
    let other = &layers["A__B"];
    assert_eq!(other.settings.window, Some(Window::Calls(200)));
    let backoff = Backoff::new(2.0, Duration::from_secs(600)).jitter(0.1);
    assert_eq!(other.settings.backoff, Some(backoff));
    assert_eq!(other.settings.service_type, Some("my database"));
    assert_eq!(layers["A_"].settings.window, Some(Window::Time(Duration::from_secs(10))));
    let breakers = read.named.iter().map(|one| match one {
        Named::Variable { name, .. } => name.as_str(),
        other => panic!("{other:?}"),
    });
    assert!(breakers.eq(["A_", "A__B", "WEB_APP_DATABASE"]));
}

#[test]
fn they_turn_breakers_off_and_name_the_environment() {
    for (value, enabled) in
        [("false", false), ("0", false), ("NO", false), ("off", false), ("on", true), ("", true)]
    {
        let read = read(&variables([("CIRCUIT_BREAKERS_ENABLED", value)])).unwrap();
        assert_eq!(read.layers.enabled, enabled, "{value}");
    }
    let source = variables([("CIRCUIT_BREAKER_CONFIG", ""), ("CIRCUIT_BREAKER_ENVIRONMENT", "")]);
    let read = read(&source).unwrap();
    assert_eq!((read.environment(), &read.path), (None, &None));
}

#[test]
fn bad_values_are_told() {
    for (setting, value, message) in [
        ("SHED", "", "is empty: give it a value, or leave it out"),
        ("SHED", "  ", "is empty: give it a value, or leave it out"),
        ("SHED", "two", "takes a number, such as `0.5`, found `two`"),
        ("SHED", "1", "must be a finite number above 1, but is 1.0"),
        ("FAILURE_THRESHOLD", "1.5", "takes a whole number, such as `5`, found `1.5`"),
        ("FAILURE_THRESHOLD", "-1", "takes a whole number that is not negative, found `-1`"),
        ("CRITICAL", "maybe", "takes `true` or `false`, found `maybe`"),
        (
            "SLOW_CALL",
            "30",
            "takes a duration, and a number alone says no unit: write `30s` or `30ms`",
        ),
        (
            "SLOW_CALL",
            "soon",
            "\"soon\" is no duration: expected number at 0; write it like `250ms`, `30s` or `1m 30s`",
        ),
        ("WINDOW", "0", "must be from 1 to 1000000 calls, or a time, but is 0"),
        ("BACKOFF", "2", "takes several values: `factor=2.0,max=10m,jitter=0.1`, found `2`"),
        (
            "BACKOFF",
            "factor=2",
            "takes a `factor`, by which each open time is longer than the one before, and a `max`, the longest: write `factor=2.0,max=10m,jitter=0.1`",
        ),
        ("BACKOFF", "factor=two,max=1m", "`factor` takes a number, such as `0.5`, found `two`"),
        (
            "BACKOFF",
            "factor=0,max=1m",
            "`factor` must be a finite number of at least 1, but is 0.0",
        ),
        (
            "BACKOFF",
            "factor=2,max=1",
            "`max` takes a duration, and a number alone says no unit: write `1s` or `1ms`",
        ),
        ("BACKOFF", "factor=2,factor=2", "gives `factor` twice"),
        ("BACKOFF", "facto=2,max=1m", "unknown part `facto`: did you mean `factor`?"),
        (
            "HEALTH_CHECK",
            "ping",
            "is a function, which a variable cannot name: give it in the attribute, `health_check = ping`, or in code",
        ),
        ("FAILURE_TRESHOLD", "2", "unknown setting: did you mean `failure_threshold`?"),
        (
            "CALL_TIMEOUT",
            "2s",
            "is a setting of calls, which a file changes under `[breakers.\"NAME\".calls.FUNCTION]`, and a variable cannot",
        ),
    ] {
        assert_eq!(of(setting, value), message, "{setting}={value}");
    }
}

#[test]
fn bad_names_are_told_in_the_order_of_names() {
    let source = variables([
        ("CIRCUIT_BREAKERS_ENABLED", "perhaps"),
        ("CB_BREAKER__DB", "1"),
        ("CB_BREAKER__web/db__SHED", "2"),
        ("CB_BREAKER____SHED", "2"),
        ("CB_BREAKER__", "2"),
        ("cb_breaker__x__shed", "2"),
        ("CB_BREAKER__X__SHED", "2"),
    ]);
    assert_eq!(
        refused(&source),
        [
            "variable `CB_BREAKER__`: names no setting: write `CB_BREAKER__NAME__SETTING`, such as `CB_BREAKER__WEB_APP_DATABASE__FAILURE_THRESHOLD`",
            "variable `CB_BREAKER__DB`: names no setting: write `CB_BREAKER__NAME__SETTING`, such as `CB_BREAKER__WEB_APP_DATABASE__FAILURE_THRESHOLD`",
            "variable `CB_BREAKER____SHED`: names no setting: write `CB_BREAKER__NAME__SETTING`, such as `CB_BREAKER__WEB_APP_DATABASE__FAILURE_THRESHOLD`",
            "variable `CB_BREAKER__web/db__SHED`: has '/' in the breaker's name, which a variable has in letters and digits, and `_` for all else",
            "variable `CIRCUIT_BREAKERS_ENABLED`: takes `true` or `false`, found `perhaps`",
            "variable `cb_breaker__x__shed`: says the same as the variable `CB_BREAKER__X__SHED`: leave one out",
        ]
    );
}

#[test]
fn a_refusal_names_the_file_and_tells_the_variables_last() {
    let source = Source::toml("defaults.shed = 0").variables([("CIRCUIT_BREAKERS_ENABLED", "x")]);
    assert_eq!(
        read(&source).unwrap_err().to_string(),
        "configuration `<toml>` was refused, and nothing was changed:\
        \n  line 1, `defaults.shed`: must be a finite number above 1, but is 0.0\
        \n  variable `CIRCUIT_BREAKERS_ENABLED`: takes `true` or `false`, found `x`"
    );
    let error = read(&variables([("CIRCUIT_BREAKERS_ENABLED", "x")])).unwrap_err();
    assert!(error.to_string().starts_with(
        "the configuration in environment variables was refused, and nothing was changed:"
    ));
    assert_eq!(error.problems()[0].variable(), Some("CIRCUIT_BREAKERS_ENABLED"));
    assert_eq!(error.file(), None);
}

#[test]
fn ones_that_look_like_this_library_s_and_are_not_are_odd() {
    let source = variables([
        ("CIRCUIT_BREAKER_ENABLED", "false"),
        ("CB_BREAKER_DB_SHED", "2"),
        ("CIRCUIT_BREAKING", "2"),
    ]);
    assert_eq!(
        warnings(&source),
        [
            "variable `CB_BREAKER_DB_SHED`: is not read: a setting is `CB_BREAKER__NAME__SETTING`",
            "variable `CIRCUIT_BREAKER_ENABLED`: is not read: did you mean `CIRCUIT_BREAKERS_ENABLED`?",
        ]
    );
}

#[cfg(unix)]
#[test]
fn what_is_no_unicode_is_told() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};

    let text = |bytes| OsStr::from_bytes(bytes).to_owned();
    let source = Source::from_env().variables([
        (text(b"CB_BREAKER__A__SHED"), text(b"\xff")),
        (text(b"CB_BREAKER__\xff__SHED"), text(b"2")),
        (text(b"OTHER"), text(b"\xff")),
    ]);
    assert_eq!(
        refused(&source),
        [
            "variable `CB_BREAKER__A__SHED`: is not in Unicode",
            "variable `CB_BREAKER__\u{fffd}__SHED`: has a name that is not in Unicode",
        ]
    );
}
