//! Commands that look.

use cb_runtime::{Config, admin::Auth};

use crate::{
    run::{ask, cbctl, end},
    server::{Server, fail, noise},
};

#[test]
fn a_status_has_a_line_for_each_breaker() {
    let server = Server::start();
    fail(&server.breaker("payments"));
    let ended = ask(&server, &["status"]).with(0);
    let rows = ended.columns();
    let names: Vec<&str> = rows.iter().map(|row| row[0]).collect();
    assert_eq!(names, ["breaker", "mail", "payments", "web_app/database"]);
    let state = rows[0].iter().position(|name| *name == "state").unwrap();
    let states: Vec<&str> = rows.iter().skip(1).map(|row| row[state]).collect();
    assert_eq!(states, ["closed", "open", "closed"]);
    assert_eq!(rows[3][..3], ["web_app/database", "database", "critical"]);
    assert_eq!((ended.err.as_str(), ended.out.contains('\u{1b}')), ("", false));
}

#[test]
fn a_score_that_is_under_a_floor_does_not_look_as_if_it_were_not() {
    let server = Server::start();
    for number in 0..997 {
        server.registry.register(format!("svc-{number}"), Config::default()).unwrap();
    }
    fail(&server.breaker("payments"));
    let ended = ask(&server, &["health", "--fail-under", "0.9995"]).with(1);
    assert!(ended.out.contains("score\t0.99, under 0.9995\n"), "{ended:?}");
    let ended = ask(&server, &["monitor", "--rounds", "1"]).with(0);
    assert_eq!(ended.columns()[1][2], "0.99", "{ended:?}");
    server.registry.reset_all();
    assert!(ask(&server, &["health"]).with(0).out.contains("score\t1.00\n"));
}

#[test]
fn a_status_can_be_narrowed() {
    let server = Server::start();
    fail(&server.breaker("payments"));
    for (args, expected) in [
        (&["--state", "open"][..], &["payments"][..]),
        (&["--service-type", "database"], &["web_app/database"]),
        (&["--limit", "2"], &["mail", "payments"]),
        (&["--after", "mail"], &["payments", "web_app/database"]),
        (&["--state", "half-open"], &[]),
    ] {
        let mut all = vec!["status", "--json"];
        all.extend(args);
        let json = ask(&server, &all).with(0).json();
        let names = json["breakers"].as_array().unwrap().iter().map(|row| &row["name"]);
        assert!(names.eq(expected.iter()), "{args:?}: {json}");
    }
}

#[test]
fn a_breaker_is_shown_with_all_that_is_known_of_it() {
    let server = Server::start();
    fail(&server.breaker("payments"));
    let ended = ask(&server, &["show", "payments"]).with(0);
    for fact in [
        "breaker\tpayments\n",
        "service type\texternal_api\n",
        "state\topen\n",
        "next probe\tin 1h\n",
        "opened\t1 time, last: 3 failures in a row\n",
        "closed -> open\t3 failures in a row; next probe in 1h\n",
    ] {
        assert!(ended.out.contains(fact), "{fact:?} in\n{}", ended.out);
    }
    let json = ask(&server, &["show", "payments", "--json"]).with(0).json();
    assert_eq!(json["state"], "open");
    assert!(json["settings"].is_array() && json["history"].is_array(), "{json}");
}

#[test]
fn a_name_may_have_a_slash_in_it_and_the_url_one_at_its_end() {
    let server = Server::start();
    let url = format!("{}/", server.url());
    let ended = end(&mut cbctl(&["show", "web_app/database", "--url", &url])).with(0);
    assert!(ended.out.contains("critical\tyes\n"), "{}", ended.out);
}

#[test]
fn a_breaker_that_is_not_there_is_told_with_what_was_meant() {
    let server = Server::start();
    for command in ["show", "explain", "config", "reset", "test"] {
        let ended = ask(&server, &[command, "paymnets"]).with(1);
        assert!(ended.err.starts_with("cbctl: "), "{ended:?}");
        assert!(ended.err.contains("`paymnets`"), "{ended:?}");
        assert!(ended.err.contains("did you mean `payments`?"), "{ended:?}");
        assert_eq!(ended.out, "", "{command}");
    }
    let ended = ask(&server, &["show", "paymnets", "--json"]).with(1);
    let problem: serde_json::Value = serde_json::from_str(&ended.err).unwrap();
    assert_eq!(problem["status"], 404);
    assert_eq!(problem["did_you_mean"][0], "payments");
    assert_eq!(server.registry.iter().count(), 3, "no breaker was made");
}

#[test]
fn health_fails_under_a_score() {
    let server = Server::start();
    ask(&server, &["health", "--fail-under", "1"]).with(0);
    fail(&server.breaker("payments"));
    let ended = ask(&server, &["health"]).with(0);
    assert!(ended.out.starts_with("verdict\tdegraded\nscore\t0.75\n"), "{}", ended.out);
    assert!(ended.out.contains("open\tpayments\n"), "{}", ended.out);
    ask(&server, &["health", "--fail-under", "0.7"]).with(0);
    let ended = ask(&server, &["health", "--fail-under", "0.8"]).with(1);
    assert!(ended.out.contains("score\t0.75, under 0.8\n"), "{}", ended.out);
    assert_eq!(ended.err, "");
    let json = ask(&server, &["health", "--fail-under", "0.8", "--json"]).with(1).json();
    assert_eq!(json["score"], 0.75);
    ask(&server, &["health", "--fail-under", "80"]).with(2);
}

#[test]
fn alerts_begin_with_the_worst() {
    let server = Server::start();
    assert_eq!(ask(&server, &["alerts"]).with(0).out, "severity\tbreaker\tsince\twhat\n");
    fail(&server.breaker("payments"));
    fail(&server.breaker("web_app/database"));
    let ended = ask(&server, &["alerts"]).with(0);
    let rows = ended.columns();
    assert_eq!(rows[1][..2], ["critical", "web_app/database"], "{}", ended.out);
    assert_eq!(rows.last().unwrap()[0], "info", "{}", ended.out);
    let json = ask(&server, &["alerts", "--json"]).with(0).json();
    assert!(json["alerts"].as_array().is_some_and(|alerts| alerts.len() >= 2), "{json}");
}

#[test]
fn each_setting_is_told_with_where_it_comes_from() {
    let server = Server::start();
    server.breaker("payments").reconfigure(|c| c.failure_threshold(7)).unwrap();
    let ended = ask(&server, &["explain", "payments"]).with(0);
    let rows = ended.columns();
    let row = |setting| rows.iter().find(|row| row[0] == setting).unwrap().clone();
    let threshold = row("failure_threshold");
    assert_eq!(threshold[1..3], ["7", "changed while running"]);
    assert!(threshold[3].starts_with("3 (code at "), "{threshold:?}");
    assert_eq!(row("success_threshold")[1..3], ["2", "preset of `external_api`"]);
    assert_eq!(row("shed")[1..3], ["none", "default"]);
    let json = ask(&server, &["explain", "payments", "--json"]).with(0).json();
    let keys: Vec<&String> = json.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["calls", "name", "settings"]);

    let settings = ask(&server, &["config", "payments"]).with(0);
    assert!(settings.out.starts_with("setting\tvalue\n"), "{settings:?}");
    assert!(settings.out.contains("failure_threshold\t7\n"), "{settings:?}");
    let json = ask(&server, &["config", "payments", "--json"]).with(0).json();
    assert_eq!(json["failure_threshold"], 7);
}

#[test]
fn metrics_are_text_for_prometheus_or_json() {
    let server = Server::start();
    let ended = ask(&server, &["metrics"]).with(0);
    assert!(ended.out.contains("# TYPE circuit_breaker_state gauge\n"), "{}", ended.out);
    assert!(ended.out.contains("circuit_breaker_state{name=\"mail\"} 0\n"), "{}", ended.out);
    let json = ask(&server, &["metrics", "--json"]).with(0).json();
    assert!(json["circuit_breaker_calls_total"].is_array(), "{json}");
}

#[test]
fn a_test_runs_the_health_check_and_fails_with_it() {
    let server = Server::start();
    let ended = ask(&server, &["test", "web_app/database", "--iterations", "3"]).with(0);
    let rows = ended.columns();
    let results: Vec<&str> = rows.iter().map(|row| row[1]).collect();
    assert_eq!(results, ["result", "passed", "passed", "passed"]);
    assert_eq!(server.breaker("web_app/database").snapshot().totals.calls, 0);

    let ended = ask(&server, &["test", "mail"]).with(1);
    let rows = ended.columns();
    assert_eq!((rows.len(), rows[1][1]), (2, "failed"), "{}", ended.out);
    assert_eq!(rows[1][3], "\\u{1b}[2Jrefused\\nok", "it steers no terminal");
    let json = ask(&server, &["test", "mail", "--json"]).with(1).json();
    assert_eq!(json["failed"], 1);

    // One that cannot be tested is wrong usage.
    ask(&server, &["test", "payments"]).with(2);
    ask(&server, &["test", "mail", "--iterations", "101"]).with(2);
}

#[test]
fn what_comes_from_elsewhere_steers_nothing() {
    let server = Server::of(&noise(), Auth::loopback_only());
    for command in [
        &["status"][..],
        &["show", "noisy"],
        &["alerts"],
        &["health"],
        &["events"],
        &["metrics"],
        &["show", "noisy", "--json"],
        &["show", "\u{1b}[2J"],
        &["show", "\u{9b}2J", "--json"],
        &["mode", "noisy\u{202e}", "normal"],
    ] {
        let ended = ask(&server, command);
        let is_hidden =
            |c: char| c.is_control() && !matches!(c, '\n' | '\t') || c == '\u{202e}' || c == '\r';
        assert!(!ended.out.contains(is_hidden), "{command:?}: {ended:?}");
        assert!(!ended.err.contains(is_hidden), "{command:?}: {ended:?}");
    }
    let shown = ask(&server, &["show", "noisy"]).with(0);
    let error = "last error\t\\u{1b}]0;mine\\u{7}\\u{202e}gone\\r\\nverdict\\thealthy\n";
    assert!(shown.out.contains(error), "{}", shown.out);
}
