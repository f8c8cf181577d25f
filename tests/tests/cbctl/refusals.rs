//! What keeps `cbctl` from an answer.

use std::{
    fs,
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener},
    thread,
};

use cb_runtime::{Registry, State, admin::Auth};

use crate::{
    run::{CBCTL, ask, cbctl, end},
    server::{Server, fail, shop},
};

fn with_tokens() -> Server {
    Server::of(&shop(), Auth::tokens("look", "change"))
}

#[test]
fn a_token_comes_from_a_variable_a_file_or_the_command_line() {
    let server = with_tokens();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("token");
    fs::write(&file, "look\n").unwrap();
    let file = file.to_str().unwrap();
    let url = server.url();
    let with = |args: &[&str], variables: &[(&str, &str)]| {
        let mut command = cbctl(&["health"]);
        end(command.args(args).env("CBCTL_URL", &url).envs(variables.iter().copied()))
    };
    with(&[], &[("CBCTL_TOKEN", "look")]).with(0);
    with(&[], &[("CBCTL_TOKEN_FILE", file)]).with(0);
    with(&["--token", "look"], &[("CBCTL_TOKEN", "wrong")]).with(0);
    with(&["--token-file", file], &[("CBCTL_TOKEN", "wrong")]).with(0);
    with(&[], &[("CBCTL_TOKEN", ""), ("CBCTL_TOKEN_FILE", file)]).with(0);

    for (args, variables, told) in [
        (&[][..], &[][..], "CBCTL_TOKEN"),
        (&[], &[("CBCTL_TOKEN", "wrong-secret")], "CBCTL_TOKEN"),
        (&["--token", "wrong-secret"], &[], "--token"),
        (&["--token-file", "/nowhere"], &[], "`/nowhere`"),
        (&[], &[("CBCTL_TOKEN", "a b")], "CBCTL_TOKEN"),
    ] {
        let ended = with(args, variables).with(2);
        assert!(ended.err.contains(told), "{ended:?}");
        assert!(!ended.err.contains("secret"), "{ended:?}");
    }
}

#[test]
fn a_token_for_reading_changes_nothing() {
    let server = with_tokens();
    let payments = server.breaker("payments");
    fail(&payments);
    let with = |token| {
        let mut command = cbctl(&["reset", "payments"]);
        end(command.env("CBCTL_URL", server.url()).env("CBCTL_TOKEN", token))
    };
    let ended = with("look").with(2);
    assert!(ended.err.contains("CBCTL_TOKEN"), "{ended:?}");
    assert_eq!(payments.state(), State::Open);
    with("change").with(0);
    assert_eq!(payments.state(), State::Closed);
}

#[test]
fn help_does_not_show_a_token() {
    for args in [&["--help"][..], &["status", "--help"], &["-h"]] {
        let ended = end(cbctl(args).env("CBCTL_TOKEN", "secret").env("CBCTL_TOKEN_FILE", "secret"));
        assert!(ended.with(0).out.contains("CBCTL_TOKEN"), "{args:?}");
        let ended = end(cbctl(args).env("CBCTL_TOKEN", "secret"));
        assert!(!ended.out.contains("secret"), "{args:?}");
    }
}

#[test]
fn a_server_that_is_gone_is_status_3() {
    let address = Server::start().stop();
    let url = format!("http://{address}");
    let commands: [&[&str]; 6] = [
        &["status"],
        &["reset", "payments"],
        &["events"],
        &["events", "--follow"],
        &["monitor"],
        &["metrics"],
    ];
    for command in commands {
        let ended = end(cbctl(command).env("CBCTL_URL", &url)).with(3);
        assert!(ended.err.contains(&url), "{ended:?}");
        assert!(ended.err.contains("nothing listens there"), "{ended:?}");
        assert_eq!(ended.out, "", "{command:?}");
    }
    let ended = end(cbctl(&["status", "--json"]).env("CBCTL_URL", &url)).with(3);
    let problem: serde_json::Value = serde_json::from_str(&ended.err).unwrap();
    assert!(problem["detail"].as_str().unwrap().contains(&url), "{problem}");
}

#[test]
fn wrong_usage_is_json_where_that_is_asked_for() {
    for args in [
        &["mode", "payments", "ajar", "--json"][..],
        &["--json", "reset"],
        &["status", "--json", "--stat", "open"],
    ] {
        let ended = end(&mut cbctl(args)).with(2);
        let problem: serde_json::Value = serde_json::from_str(&ended.err).unwrap();
        assert_eq!(problem["title"], "wrong usage", "{args:?}");
        let detail = problem["detail"].as_str().unwrap();
        assert!(!detail.is_empty() && !detail.contains("Usage"), "{detail}");
        assert_eq!(ended.out, "");
    }
    // What is asked for is no error.
    assert!(end(&mut cbctl(&["--help", "--json"])).with(0).out.contains("Usage"));
}

#[test]
fn what_the_server_advises_can_be_done_with_cbctl() {
    let server = Server::start();
    let ended = ask(&server, &["show", "zzz"]).with(1);
    assert!(ended.err.contains("`zzz`") && !ended.err.contains("GET"), "{ended:?}");
}

/// Answers each connection with this, whatever is asked.
fn stranger(answer: &'static str) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    url
}

#[test]
fn somebody_else_who_answers_is_status_3() {
    for (answer, told) in [
        ("HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\ncontent-type: text/html\r\n\r\nno", "404"),
        ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-type: text/html\r\n\r\nhi", "no JSON"),
        ("HTTP/1.1 302 Found\r\ncontent-length: 0\r\nlocation: https://else/\r\n\r\n", "elsewhere"),
        ("SSH-2.0-OpenSSH_9.9\r\n", "HTTP"),
        ("HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{", "the answer"),
    ] {
        let url = stranger(answer);
        let ended = end(cbctl(&["status"]).env("CBCTL_URL", &url)).with(3);
        assert!(ended.err.contains(told), "{ended:?}");
        assert!(ended.err.contains(&url), "{ended:?}");
    }
}

#[test]
fn a_server_that_is_silent_is_not_waited_for_for_ever() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let ended = end(cbctl(&["status", "--timeout", "200ms"]).env("CBCTL_URL", &url)).with(3);
    assert!(ended.err.contains("too long"), "{ended:?}");
}

#[test]
fn wrong_usage_is_status_2() {
    for wrong in [
        &[][..],
        &["stauts"],
        &["status", "--limit", "0"],
        &["events", "--new"],
        &["show"],
        &["monitor", "--interval", "1ms"],
        &["completions", "cobol"],
        &["status", "--url", "ftp://here"],
        &["status", "--url", "http://me:secret@here"],
    ] {
        let ended = end(&mut cbctl(wrong)).with(2);
        assert!(!ended.err.is_empty() && !ended.err.contains("secret"), "{ended:?}");
    }
}

#[test]
fn a_reader_that_has_had_enough_is_no_error() {
    let registry = Registry::new();
    for number in 0..2000 {
        registry
            .get_or_register(format!("breaker-{number}"), cb_runtime::Config::default())
            .unwrap();
    }
    let server = Server::of(&registry, Auth::loopback_only());
    for args in ["status", "status --json"] {
        let script =
            format!("'{CBCTL}' {args} --url {} | head -1; echo ${{PIPESTATUS[0]}}", server.url());
        let output = std::process::Command::new("bash").args(["-c", &script]).output().unwrap();
        let (out, err) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(out.ends_with("\n0\n"), "{out}");
        assert_eq!(err, "");
    }
    // Many at once are many pages nowhere, and one here.
    assert_eq!(ask(&server, &["status"]).with(0).out.lines().count(), 2001);
}
