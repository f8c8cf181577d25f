//! All that is wrong is told in one go: what a file says of what the program has no place for beside what
//! it says wrongly.

use cb_runtime::{Config, Registry, Source, circuit_breaker, registry, testing};

use super::{refused, toml};

#[circuit_breaker(name = "one_go/timed", call_timeout = "2s")]
async fn timed() -> anyhow::Result<()> {
    Ok(())
}

#[circuit_breaker(name = "one_go/retried", retry(max_attempts = 3, delay = "4s"))]
async fn retried() -> anyhow::Result<()> {
    Ok(())
}

/// A registry with one breaker, `db`, with the defaults.
fn one() -> Registry {
    let registry = Registry::new();
    registry.get_or_register("db", Config::default()).unwrap();
    registry
}

#[test]
fn names_values_calls_and_what_does_not_go_together() {
    let file = "\
[defaults]
failure_treshold = 3
[breakers.\"one_go/timed\"]
min_calls = 200
slow_call_rate = 0.5
[breakers.\"one_go/timed\".calls.timed]
call_timeout = \"0s\"
max_concurrent = 0
[breakers.\"one_go/retried\".calls.retried]
retry.max_delay = \"1s\"
[breakers.nobody]
";
    testing::isolated_blocking(|| {
        let told = refused(registry(), toml(file));
        let begins = [
            "line 2, `defaults.failure_treshold`: unknown setting: did you mean",
            "line 4, `breakers.\"one_go/timed\".min_calls`: of circuit breaker `one_go/timed`, `min_calls` must be at most the `window`",
            "line 5, `breakers.\"one_go/timed\".slow_call_rate`: of circuit breaker `one_go/timed`, `slow_call_rate` must be given together",
            "line 7, `breakers.\"one_go/timed\".calls.timed.call_timeout`: must be longer than zero",
            "line 8, `breakers.\"one_go/timed\".calls.timed.max_concurrent`: must be at least 1, but is 0",
            "line 8, `breakers.\"one_go/timed\".calls.timed.max_concurrent`: `timed` (",
            "line 10, `breakers.\"one_go/retried\".calls.retried.retry`: `max_delay`, the longest wait, is 1s",
            "line 11, `breakers.nobody`: unknown breaker",
        ];
        assert_eq!(told.len(), begins.len(), "{told:#?}");
        for (told, begins) in told.iter().zip(begins) {
            assert!(told.starts_with(begins), "{told}");
        }
    });
    drop((timed(), retried()));
}

#[test]
fn what_follows_only_from_something_wrong_is_not_told() {
    for (file, line) in [
        ("[breakers.db]\nmin_calls = 200\nwindow = \"200\"", 3),
        ("[breakers.db]\nwindow = 5\nmin_calls = 0", 3),
        ("[breakers.db]\nmin_calls = 200\n[defaults]\nwindw = 500", 4),
        (
            "[service_types.own]\nmin_calls = 200\n[breakers.\"d*\"]\nservice_type = \"own\"\nwindow = 0",
            5,
        ),
        ("[defaults]\nslow_call_rate = 0.5\n[breakers.db]\nslow_call = 3", 4),
        ("[breakers.db]\nmin_calls = 200\nwindow 500", 3),
    ] {
        let told = refused(&one(), toml(file));
        let [told] = &told[..] else { panic!("{file}: {told:#?}") };
        assert!(told.starts_with(&format!("line {line}")), "{told}");
    }
    let variables = [("CB_BREAKER__DB__MIN_CALLS", "200"), ("CB_BREAKER__DB__WINDOW", "")];
    let told = refused(&one(), Source::toml("").variables(variables));
    assert_eq!(told.len(), 1, "{told:#?}");
    let told = refused(
        &one(),
        Source::file("no/such.toml").variables([("CB_BREAKER__DB__MIN_CALLS", "200")]),
    );
    assert_eq!(told.len(), 1, "{told:#?}");
}

#[test]
fn a_bad_value_for_an_unknown_breaker_is_wrong_twice() {
    let told = refused(&one(), Source::toml("").variables([("CB_BREAKER__DBS__SHED", "x")]));
    assert_eq!(
        told,
        [
            "variable `CB_BREAKER__DBS__SHED`: takes a number, such as `0.5`, found `x`",
            "variable `CB_BREAKER__DBS__SHED`: unknown breaker `DBS`: did you mean `DB`?",
        ]
    );
}

#[test]
fn of_very_many_warnings_some_are_told_and_the_rest_counted() {
    let patterns = (0..250).map(|n| format!("[breakers.\"x{n}*\"]\n"));
    let loaded = one().load(toml(&patterns.collect::<String>())).unwrap();
    let last = loaded.warnings.last().unwrap();
    assert_eq!(
        (loaded.warnings.len(), last.to_string()),
        (101, "and 150 more warnings".to_owned())
    );
}
