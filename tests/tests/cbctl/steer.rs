//! Commands that change something.

use cb_runtime::{Mode, State};

use crate::{
    run::ask,
    server::{Server, fail},
};

#[test]
fn a_breaker_is_reset() {
    let server = Server::start();
    let payments = server.breaker("payments");
    fail(&payments);
    let ended = ask(&server, &["reset", "payments", "--reason", "it is back"]).with(0);
    assert_eq!(ended.out, "payments\n");
    assert_eq!(payments.state(), State::Closed);
    let json = ask(&server, &["reset", "payments", "--json"]).with(0).json();
    assert_eq!(json["breakers"][0], "payments");
}

#[test]
fn breakers_are_reset_together() {
    let server = Server::start();
    let (payments, database) = (server.breaker("payments"), server.breaker("web_app/database"));
    fail(&payments);
    fail(&database);
    ask(&server, &["reset", "--service-type", "database"]).with(0);
    assert_eq!((payments.state(), database.state()), (State::Open, State::Closed));
    // Nobody is there to be asked.
    let ended = ask(&server, &["reset", "--all"]).with(0);
    assert_eq!(ended.out, "mail\npayments\nweb_app/database\n");
    assert_eq!(payments.state(), State::Closed);
    for wrong in [&["reset"][..], &["reset", "mail", "--all"], &["reset", "--key", "a"]] {
        ask(&server, wrong).with(2);
    }
}

#[test]
fn a_mode_is_set_for_a_time() {
    let server = Server::start();
    let mail = server.breaker("mail");
    let args = ["mode", "mail", "forced-open", "--for", "10m", "--reason", "deploy"];
    let ended = ask(&server, &args).with(0);
    assert_eq!(ended.out, "mail\tforced open\topen\t10m\n");
    assert_eq!(mail.mode(), Mode::ForcedOpen);
    let events = ask(&server, &["events"]).with(0);
    assert!(events.out.contains("\tnormal -> forced open\tfor 10m\n"), "{}", events.out);
    assert!(events.out.contains("deploy"), "the audit has the reason: {}", events.out);

    for (mode, is) in [
        ("metrics-only", Mode::MetricsOnly),
        ("metrics_only", Mode::MetricsOnly),
        ("disabled", Mode::Disabled),
        ("normal", Mode::Normal),
    ] {
        let json = ask(&server, &["mode", "mail", mode, "--json"]).with(0).json();
        assert_eq!(json["name"], "mail");
        assert_eq!(mail.mode(), is);
    }
    for wrong in [&["mail", "open"][..], &["mail", "disabled", "--for", "soon"], &["mail"]] {
        let mut args = vec!["mode"];
        args.extend(wrong);
        ask(&server, &args).with(2);
    }
    ask(&server, &["mode", "mial", "disabled"]).with(1);
}

#[test]
fn settings_are_changed_all_or_none() {
    let server = Server::start();
    let payments = server.breaker("payments");
    let args = [
        "config",
        "payments",
        "failure_threshold=9",
        "recovery_timeout=2m",
        "backoff.factor=2",
        "backoff.max=1h",
        "--reason",
        "a long outage",
    ];
    let ended = ask(&server, &args).with(0);
    let rows = ended.columns();
    let row = |setting| rows.iter().find(|row| row[0] == setting).unwrap().clone();
    assert_eq!(row("failure_threshold")[1..3], ["9", "changed while running"]);
    assert_eq!(rows.len(), 4, "what was changed, and no more: {}", ended.out);
    assert_eq!(payments.config().failure_threshold(), 9);
    assert!(payments.config().backoff().is_some());

    let ended =
        ask(&server, &["config", "payments", "failure_threshold=0", "critical=true"]).with(2);
    assert!(ended.err.contains("failure_threshold"), "{ended:?}");
    assert!(ended.err.contains("at least 1"), "{ended:?}");
    let ended = ask(&server, &["config", "payments", "failure_treshold=3"]).with(2);
    assert!(ended.err.contains("did you mean `failure_threshold`?"), "{ended:?}");
    assert_eq!(payments.config().failure_threshold(), 9);
    assert!(!payments.config().critical());

    let args = ["config", "payments", "failure_threshold=default", "backoff=default"];
    let ended = ask(&server, &args).with(0);
    let rows = ended.columns();
    assert_eq!(rows[1][..2], ["failure_threshold", "3"]);
    assert!(rows[1][2].starts_with("code at "), "{rows:?}");
    assert_eq!(rows.len(), 3, "{rows:?}");
    assert_eq!(payments.config().failure_threshold(), 3);
    assert_eq!(payments.config().backoff(), None);
    assert_eq!(payments.config().recovery_timeout(), std::time::Duration::from_secs(120));

    let args = ["config", "payments", "failure_threshold=4", "--json"];
    let json = ask(&server, &args).with(0).json();
    assert_eq!(json["config"]["failure_threshold"], 4);
    for wrong in [&["failure_threshold"][..], &["shed=1", "shed=2"], &["--reason", "x"]] {
        let mut args = vec!["config", "payments"];
        args.extend(wrong);
        ask(&server, &args).with(2);
    }
}
