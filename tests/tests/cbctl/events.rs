//! `cbctl events`.

use std::{
    io::{BufRead, BufReader, Lines},
    process::{Child, ChildStderr, ChildStdout, Stdio},
};

use cb_runtime::admin::Auth;
use serde_json::Value;

use crate::{
    run::{ask, cbctl},
    server::{Server, fail, shop},
};

#[test]
fn without_following_there_is_what_was_and_an_end() {
    let server = Server::start();
    assert_eq!(ask(&server, &["events"]).with(0).out, "");
    fail(&server.breaker("payments"));
    server.breaker("mail").force_open();
    let ended = ask(&server, &["events"]).with(0);
    let rows = ended.columns();
    let first = &rows[0];
    assert_eq!(first[1..3], ["payments", "closed -> open"], "{}", ended.out);
    assert!(rows.iter().any(|row| row[1..3] == ["mail", "normal -> forced open"]));

    let ended = ask(&server, &["events", "--name", "pay*"]).with(0);
    assert!(ended.columns().iter().all(|row| row[1] == "payments"), "{}", ended.out);
    let ended = ask(&server, &["events", "--json"]).with(0);
    let events: Vec<Value> =
        ended.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events.len(), rows.len());
    assert_eq!(events[0]["event"], "transition");
    assert_eq!(events[0]["to"], "open");
}

struct Following {
    child: Child,
    out: Lines<BufReader<ChildStdout>>,
    err: Lines<BufReader<ChildStderr>>,
}

impl Following {
    fn start(server: &Server, more: &[&str]) -> Self {
        let mut command = cbctl(&["events", "--follow"]);
        command.args(more).env("CBCTL_URL", server.url());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap()).lines();
        let err = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, out, err }
    }

    fn event(&mut self) -> String {
        self.out.next().expect("it goes on").unwrap()
    }

    fn note(&mut self) -> String {
        self.err.next().expect("it goes on").unwrap()
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn following_goes_on_through_a_restart() {
    let server = Server::start();
    fail(&server.breaker("payments"));
    let mut following = Following::start(&server, &[]);
    assert!(following.event().contains("\tclosed -> open\t"), "what was comes first");
    server.breaker("payments").reset();
    let mut next = following.event();
    while !next.contains("\topen -> closed\treset") {
        next = following.event();
    }

    let address = server.stop();
    let told = following.note();
    assert!(told.contains("trying again in 1s"), "{told}");
    let server = Server::at(address, &shop(), Auth::loopback_only());
    loop {
        let told = following.note();
        if told.ends_with(", which was restarted") {
            break;
        }
        assert!(told.contains("trying again"), "{told}");
    }
    server.breaker("mail").force_open();
    assert!(following.event().contains("\tmail\t"));
}

#[test]
fn only_new_events_are_json_lines_too() {
    let server = Server::start();
    fail(&server.breaker("payments"));
    let mut following = Following::start(&server, &["--new", "--json", "--name", "ma*"]);
    // Whether it listens already, only an event tells; further ones do no harm.
    let mail = server.breaker("mail");
    let listening = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !listening.load(std::sync::atomic::Ordering::Relaxed) {
                mail.reset();
                server.breaker("payments").reset();
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
        });
        let event: Value = serde_json::from_str(&following.event()).unwrap();
        listening.store(true, std::sync::atomic::Ordering::Relaxed);
        assert_eq!((&event["event"], &event["name"]), (&"reset".into(), &"mail".into()));
    });
}
