//! `cbctl check`, which needs no server.

use std::{fs, path::Path};

use crate::run::{Ended, cbctl, end};

fn check(text: &str, more: &[&str]) -> Ended {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("breakers.toml");
    fs::write(&file, text).unwrap();
    let mut command = cbctl(&["check", "breakers.toml"]);
    // Variables of this process are not those of the program.
    command.env("CB_BREAKER__X__FAILURE_THRESHOLD", "0").env("CIRCUIT_BREAKER_ENVIRONMENT", "x");
    end(command.current_dir(directory.path()).args(more))
}

#[test]
fn the_examples_are_right() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    for file in [
        "config/circuit-breakers.toml",
        "config/circuit-breakers.json",
        "control_room/circuit-breakers.toml",
    ] {
        let file = examples.join(file);
        let file = file.to_str().unwrap();
        let ended = end(&mut cbctl(&["check", file])).with(0);
        assert_eq!((ended.out.as_str(), ended.err.as_str()), ("", ""));
        let json = end(&mut cbctl(&["check", file, "--json"])).with(0).json();
        assert_eq!(json["ok"], true);
    }
}

#[test]
fn all_that_is_wrong_is_told_with_its_line() {
    let text = "[defaults]\nfailure_treshold = 3\n[breakers.\"a*\"]\nrecovery_timeout = 5\n\
        [environments.test.breakers.b]\nfailure_rate = 2.0\n";
    let ended = check(text, &[]).with(1);
    let rows = ended.columns();
    assert_eq!(rows.len(), 3, "{}", ended.out);
    assert_eq!(rows[0][..4], ["breakers.toml", "2", "error", "defaults.failure_treshold"]);
    assert!(rows[0][4].contains("did you mean `failure_threshold`?"), "{}", ended.out);
    assert_eq!(rows[1][..2], ["breakers.toml", "4"]);
    assert_eq!(rows[2][..2], ["breakers.toml", "6"]);
    let json = check(text, &["--json"]).with(1).json();
    assert_eq!(json["ok"], false);
    assert_eq!(json["problems"][0]["line"], 2);
    assert_eq!(json["problems"][0]["key"], "defaults.failure_treshold");
}

#[test]
fn settings_are_to_go_together_wherever_they_stand() {
    // Rates of slow calls need what slow is.
    for text in [
        "[defaults]\nslow_call_rate = 0.5\n",
        "[breakers.a]\nslow_call_rate = 0.5\n",
        "[breakers.\"a*\"]\nslow_call_rate = 0.5\n",
        "[environments.test.breakers.\"a*\"]\nslow_call_rate = 0.5\n",
    ] {
        let ended = check(text, &[]).with(1);
        assert!(ended.out.contains("slow_call"), "{text}: {}", ended.out);
    }
    check("[defaults]\nslow_call = \"1s\"\n[breakers.a]\nslow_call_rate = 0.5\n", &[]).with(0);
}

#[test]
fn names_are_checked_where_they_are_given() {
    let text = "[breakers.paymnets]\nfailure_threshold = 3\n\
        [breakers.paymnets.calls.pay]\ncall_timeout = \"3s\"\n";
    assert_eq!(check(text, &[]).with(0).out, "");
    let ended = check(text, &["--breakers", "payments,mail"]).with(1);
    assert!(ended.out.contains("unknown breaker: did you mean `payments`?"), "{}", ended.out);
    check(text, &["--breakers", "paymnets"]).with(0);
    let ended = check("[breakers.\"x*\"]\nshed = 2.0\n", &["--breakers", "mail"]).with(0);
    assert!(ended.out.contains("\twarning\t"), "{}", ended.out);
}

#[test]
fn a_file_that_is_none_is_told() {
    let ended = end(&mut cbctl(&["check", "/nowhere/breakers.toml"])).with(1);
    assert!(ended.out.contains("there is no such file"), "{ended:?}");
    let ended = end(&mut cbctl(&["check", "breakers.yaml"])).with(1);
    assert!(ended.out.contains("`.toml` or `.json`"), "{ended:?}");
    check("= 3", &[]).with(1);
}
