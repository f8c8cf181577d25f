//! What a program that loads nothing gets with its first breaker. That is once in a process, and by the
//! process's own variables, so each of these tests starts one: this very test binary.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use cb_runtime::{AlertKind, Config, Source, circuit_breaker, registry};

/// What the process is to do first, which also tells that it was started by a test.
const FIRST: &str = "CB_TEST_FIRST";

#[circuit_breaker(name = "by_default/fails", failure_threshold = 2)]
fn fails() -> anyhow::Result<()> {
    anyhow::bail!("refused")
}

#[test]
#[ignore = "is what the other tests of this module start, each in a process of its own"]
fn program() {
    let Ok(first) = env::var(FIRST) else { return };
    match first.as_str() {
        "call" => drop(fails()),
        "register" => {
            let there = registry().get_or_register("by_default/in_code", Config::default());
            assert_eq!(there.unwrap().config().failure_threshold(), 9, "by the file");
        }
        "watch" => registry().watch().unwrap(),
        "load" => drop(registry().load(Source::toml("").without_variables()).unwrap()),
        other => panic!("{other}"),
    }
    for _ in 0..2 {
        fails().unwrap_err();
    }
    let last = fails().unwrap_err();
    let breaker = registry().get("by_default/fails").unwrap();
    let load = registry().alerts().into_iter().find(|alert| alert.kind == AlertKind::Load);
    let load = load.map(|alert| alert.text.replace('\n', " / "));
    println!(
        "child: {} {} {}; {last}; {load:?}",
        breaker.mode(),
        breaker.state(),
        breaker.config().failure_threshold()
    );
}

/// What is said of the breaker by a program that begins with this, under these variables.
fn program_that(first: &str, variables: &[(&str, &Path)]) -> String {
    let mut command = Command::new(env::current_exe().unwrap());
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy().to_ascii_uppercase();
        if text.starts_with("CIRCUIT_BREAKER") || text.starts_with("CB_BREAKER") {
            command.env_remove(name);
        }
    }
    let output = command
        .args(["--exact", "by_default::program", "--ignored", "--nocapture"])
        .env(FIRST, first)
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let said = said.lines().find_map(|line| line.split_once("child: "));
    said.expect("it says how the breaker is").1.to_owned()
}

/// A file of this text, in a directory that is gone with what is returned.
fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("breakers.toml");
    fs::write(&path, text).unwrap();
    (directory, path)
}

const FILE: &str = "\
[breakers.\"by_default/*\"]
failure_threshold = 9
[environments.production.breakers.\"by_default/*\"]
failure_threshold = 4
";

const OPEN: &str = "circuit breaker `by_default/fails` is open";

#[test]
fn without_variables_the_attribute_stands() {
    let said = program_that("call", &[]);
    assert!(said.starts_with(&format!("normal open 2; {OPEN}")), "{said}");
    assert!(said.ends_with("; None"), "{said}");
}

#[test]
fn the_file_that_the_variable_names_is_in_force_with_the_first_breaker() {
    let (_directory, path) = file(FILE);
    for first in ["call", "register", "watch"] {
        let said = program_that(first, &[("CIRCUIT_BREAKER_CONFIG", &path)]);
        assert_eq!(said, "normal closed 9; refused; None", "{first}");
    }
}

#[test]
fn so_is_the_environment() {
    let (_directory, path) = file(FILE);
    let production = Path::new("production");
    let variables =
        [("CIRCUIT_BREAKER_CONFIG", &*path), ("CIRCUIT_BREAKER_ENVIRONMENT", production)];
    let said = program_that("watch", &variables);
    assert_eq!(said, "normal closed 4; refused; None");
}

#[test]
fn a_bad_file_changes_nothing_and_is_an_alert() {
    let (_directory, path) = file(&format!("{FILE}[defaults]\nmin_cals = 3\n"));
    let threshold = ("CB_BREAKER__BY_DEFAULT_FAILS__FAILURE_THRESHOLD", Path::new("7"));
    let said = program_that("call", &[("CIRCUIT_BREAKER_CONFIG", &path), threshold]);
    assert!(said.starts_with(&format!("normal open 2; {OPEN}")), "{said}");
    let told = "was refused, and nothing was changed: /   line 6, `defaults.min_cals`: unknown setting: did you mean `min_calls`?";
    assert!(said.contains(told), "{said}");

    let missing = path.with_file_name("none.toml");
    let said = program_that("call", &[("CIRCUIT_BREAKER_CONFIG", &missing)]);
    assert!(said.starts_with("normal open 2; "), "{said}");
    let told = "there is no such file (named by the variable `CIRCUIT_BREAKER_CONFIG`)";
    assert!(said.contains(told), "{said}");
}

#[test]
fn a_breaker_that_is_not_known_yet_is_no_mistake_then() {
    let (_directory, path) = file(&format!("{FILE}[breakers.registered_later]\n"));
    let said = program_that("call", &[("CIRCUIT_BREAKER_CONFIG", &path)]);
    assert_eq!(said, "normal closed 9; refused; None");
}

#[test]
fn breakers_that_are_off_let_every_call_through() {
    let said = program_that("call", &[("CIRCUIT_BREAKERS_ENABLED", Path::new("false"))]);
    assert_eq!(said, "disabled closed 2; refused; None");
    let said = program_that("call", &[("CIRCUIT_BREAKERS_ENABLED", Path::new("no way"))]);
    assert!(said.starts_with("normal open 2; "), "{said}");
    assert!(said.contains("takes `true` or `false`, found `no way`"), "{said}");
}

#[test]
fn a_bad_file_is_not_in_the_way_of_turning_breakers_off() {
    let (_directory, path) = file(&format!("{FILE}[defaults]\nmin_cals = 3\n"));
    let off = ("CIRCUIT_BREAKERS_ENABLED", Path::new("false"));
    let said = program_that("call", &[("CIRCUIT_BREAKER_CONFIG", &path), off]);
    assert!(said.starts_with("disabled closed 2; refused; "), "{said}");
    assert!(said.contains("did you mean `min_calls`?"), "{said}");
}

#[test]
fn a_program_that_loads_by_itself_has_nothing_by_default() {
    let (_directory, path) = file(FILE);
    let off = ("CIRCUIT_BREAKERS_ENABLED", Path::new("false"));
    let said = program_that("load", &[("CIRCUIT_BREAKER_CONFIG", &path), off]);
    assert!(said.starts_with(&format!("normal open 2; {OPEN}")), "{said}");
}
