//! What is to be seen on a terminal. `script`, of util-linux, makes one.

use std::{env, process::Stdio};

use crate::{
    run::{CBCTL, cbctl},
    server::{Server, fail},
};

/// What is on a terminal after a command; `None` where there is no `script`, unless there has to be.
pub(crate) fn seen(
    server: &Server,
    args: &str,
    variables: &[(&str, &str)],
    input: &str,
) -> Option<String> {
    let mut script = std::process::Command::new("script");
    // Without what the tests may run under.
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "CBCTL_TOKEN", "CBCTL_TOKEN_FILE"] {
        script.env_remove(name);
    }
    let line =
        format!("stty cols ${{WIDTH:-100}} rows ${{HEIGHT:-30}}; '{CBCTL}' {args}; echo status $?");
    let child = script
        .args(["-q", "-e", "-c", &line, "/dev/null"])
        .env("CBCTL_URL", server.url())
        .env("TERM", "xterm-256color")
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        assert!(env::var_os("CI").is_none(), "`script` of util-linux is not installed");
        eprintln!("skipped: `script` of util-linux is not installed");
        return None;
    };
    let mut stdin = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut stdin, input.as_bytes()).unwrap();
    // Held open: a terminal whose user has gone would end what runs in it.
    let output = child.wait_with_output().unwrap();
    drop(stdin);
    Some(String::from_utf8(output.stdout).unwrap().replace("\r\n", "\n"))
}

#[test]
fn a_status_is_a_table_with_colour() {
    let server = Server::start();
    fail(&server.breaker("payments"));
    let Some(text) = seen(&server, "status", &[], "") else { return };
    assert!(
        text.contains("degraded\u{1b}[0m - score 0.75: 3 breakers, 2 closed, 1 open\n"),
        "{text}"
    );
    assert!(text.contains("───"), "{text}");
    assert!(text.contains("probe in 1h"), "{text}");
    assert!(!text.contains('\t'), "{text}");
    assert!(text.ends_with("status 0\n"), "{text}");
}

#[test]
fn no_color_is_obeyed() {
    let server = Server::start();
    fail(&server.breaker("payments"));
    for command in ["status", "show payments", "alerts", "health", "explain payments", "events"] {
        let Some(text) = seen(&server, command, &[("NO_COLOR", "1")], "") else { return };
        assert!(text.contains("payments") || command.starts_with("explain"), "{text}");
        assert!(!text.contains('\u{1b}'), "{command}: {text:?}");
        for line in text.lines() {
            assert!(line.chars().count() <= 100 || command == "events", "too wide: {line}");
        }
    }
}

#[test]
fn a_narrow_terminal_has_fewer_columns() {
    let server = Server::start();
    let Some(text) = seen(&server, "status", &[("NO_COLOR", "1"), ("WIDTH", "60")], "") else {
        return;
    };
    let header = text.lines().find(|line| line.starts_with("breaker")).unwrap();
    let columns: Vec<&str> = header.split_whitespace().collect();
    assert_eq!(columns, ["breaker", "state", "row", "errors", "calls", "since"], "{text}");
    assert!(text.contains("\nweb_app/database  closed "), "no name is broken: {text}");
}

#[test]
fn a_monitor_draws_over_what_it_drew() {
    let server = Server::start();
    let args = "monitor --interval 100ms --rounds 3";
    let Some(text) = seen(&server, args, &[], "") else { return };
    assert_eq!(text.matches("every 100ms; Ctrl-C ends").count(), 3, "{text}");
    let lines = text.split("\u{1b}[J").next().unwrap().lines().count() - 1;
    assert_eq!(text.matches(&format!("\u{1b}[{lines}A\u{1b}[J")).count(), 2, "{text:?}");
}

#[test]
fn a_monitor_keeps_to_a_small_terminal() {
    let server = Server::start();
    fail(&server.breaker("payments"));
    let small = [("NO_COLOR", "1"), ("WIDTH", "40"), ("HEIGHT", "9")];
    let Some(text) = seen(&server, "monitor --interval 100ms --rounds 2", &small, "") else {
        return;
    };
    let picture = text.split("\u{1b}[").next().unwrap();
    for line in picture.lines() {
        assert!(line.chars().count() < 40, "drawn over in part: {line:?} in {picture}");
    }
    assert!(picture.lines().count() < 9, "{picture}");
    assert!(picture.contains("\npayments  "), "the one that is open is to be seen: {picture}");
}

#[test]
fn resetting_all_is_asked_for() {
    let server = Server::start();
    let payments = server.breaker("payments");
    fail(&payments);
    let Some(text) = seen(&server, "reset --all", &[], "n\n") else { return };
    assert!(text.contains("[y/N]") && text.contains("nothing was reset"), "{text}");
    assert!(text.ends_with("status 2\n"), "{text}");
    assert_eq!(payments.state(), cb_runtime::State::Open);
    let Some(text) = seen(&server, "reset --all", &[], "y\n") else { return };
    assert!(text.contains("reset 3 breakers: mail, payments, web_app/database\n"), "{text}");
    assert_eq!(payments.state(), cb_runtime::State::Closed);
    let Some(text) = seen(&server, "reset --all --yes", &[], "") else { return };
    assert!(!text.contains("[y/N]"), "{text}");
}

#[test]
fn completions_are_for_the_shell() {
    for (shell, part) in
        [("bash", "_cbctl"), ("zsh", "#compdef cbctl"), ("fish", "complete -c cbctl")]
    {
        let output = cbctl(&["completions", shell]).output().unwrap();
        assert!(output.status.success());
        assert!(String::from_utf8(output.stdout).unwrap().contains(part), "{shell}");
    }
}
