//! Other ways to one Redis: a user with rights of its own, another database, a Unix socket.

use std::time::Duration;

use cb_runtime::{Event, State};

use super::{
    node::{Node, ask},
    through_redis::*,
};

const GUIDE: &str = include_str!("../../../cb-runtime/src/guide/many_instances.md");

/// The rights that the guide tells to give.
fn rights() -> Vec<&'static str> {
    let line = GUIDE.lines().find(|line| line.starts_with("ACL SETUSER shop ")).unwrap();
    line.split(' ').collect()
}

/// The user `shop` with the password `PASSWORD`, those rights, and more, which the guide must name, too.
pub(crate) fn set_user(url: &str, more: &[&str]) {
    assert!(more.iter().all(|right| GUIDE.contains(&format!("`{right}`"))), "{more:?}");
    set_rights(url, &[&rights(), more].concat());
}

fn set_rights(url: &str, line: &[&str]) {
    let _: String = ask(url, &["ACL", "SETUSER", "shop", "reset"]);
    let _: String = ask(url, line);
}

#[test]
fn given_a_user_with_the_rights_of_the_guide_when_all_is_done_that_instances_do_then_they_suffice()
{
    let Some(server) = Node::start(&["--save", ""]) else { return };
    set_user(&server.url(), &[]);
    let url = format!("redis://shop:PASSWORD@{}", server.address());
    let settings = settings()
        .recovery_timeout(Duration::from_millis(100))
        .half_open_max_calls(1)
        .success_threshold(2);
    let (one, other) = (
        Instance::connected(&url, options(), settings),
        Instance::connected(&url, options(), settings),
    );
    let mut events = one.registry.subscribe();

    // Opening, leases, closing, orders, and reading it all again.
    one.trip();
    within(PATIENCE, "the other is open", || other.state() != State::Closed);
    within(PATIENCE, "probes close it", || other.call(true) && other.state() == State::Closed);
    within(PATIENCE, "both are closed", || one.state() == State::Closed);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(one.handle.reset("db", PATIENCE)).unwrap();
    let late = Instance::connected(&url, options(), settings);
    within(PATIENCE, "they count each other", || late.handle.status().instances == 3);
    runtime.block_on(late.handle.clone().leave());

    while let Some(event) = events.try_recv().unwrap() {
        assert!(!matches!(event, Event::StoreDegraded { .. }), "{event:?}");
    }
    let denied: Vec<redis::Value> = server.ask(&["ACL", "LOG"]);
    // What the client library is called, which it says to Redis and does not insist on.
    let denied = format!("{denied:?}").replace("client|setinfo", "");
    assert!(!denied.contains("reason"), "{denied}");
}

#[test]
fn given_a_user_when_any_one_of_its_rights_is_missing_then_something_fails() {
    let Some(server) = Node::start(&["--save", ""]) else { return };
    let url = format!("redis://shop:PASSWORD@{}", server.address());
    let rights = rights();
    let taken = rights.iter().skip(3).filter(|right| **right != "on");
    for right in taken {
        // A new one for each: what was written before would do in the place of some rights.
        let _: String = server.ask(&["FLUSHALL"]);
        let _: String = server.ask(&["SCRIPT", "FLUSH"]);
        let others: Vec<&str> = rights.iter().filter(|other| *other != right).copied().collect();
        set_rights(&server.url(), &others);
        let settings =
            settings().recovery_timeout(Duration::from_millis(10)).half_open_max_calls(1);
        let one = Instance::new(&url, options(), settings);
        one.trip();
        if *right == "+zrem" {
            // Who leaves does not wait to hear that it may.
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            within(PATIENCE, "it is connected", || one.handle.status().connected);
            runtime.block_on(one.handle.leave());
            let denied: redis::Value = server.ask(&["ACL", "LOG"]);
            assert!(format!("{denied:?}").contains("zrem"), "{denied:?}");
            continue;
        }
        within(PATIENCE, &format!("it is told that `{right}` is missing"), || {
            // Probes, leases and closing want all of them.
            one.call(true);
            one.call(false);
            one.call(false);
            one.handle.status().problem.is_some()
        });
        let said = one.handle.status().problem.unwrap();
        println!("without {right}: {said}");
        assert!(said.contains("guide") || said.contains("password"), "{said}");
    }
}

#[test]
fn given_two_databases_of_one_redis_when_one_opens_then_only_those_of_the_same_do() {
    let Some(server) = Node::start(&["--save", ""]) else { return };
    let at =
        |db: &str| Instance::connected(&format!("{}/{db}", server.url()), options(), settings());
    set_user(&server.url(), &["+select", "&{shop}:v1:changes:2"]);
    let second = format!("redis://shop:PASSWORD@{}/2", server.address());
    let one = Instance::connected(&second, options(), settings());
    let (other, elsewhere, nowhere) = (at("2"), at("3"), at(""));
    one.trip();
    within(PATIENCE, "the other is open", || other.state() == State::Open);
    std::thread::sleep(Duration::from_millis(300));
    for instance in [elsewhere, nowhere] {
        assert_eq!((instance.state(), instance.handle.status().instances), (State::Closed, 1));
    }
}

#[cfg(unix)]
#[test]
fn given_a_unix_socket_and_a_password_when_one_opens_then_the_other_does() {
    let arguments = ["--unixsocket", "DIR/redis.sock", "--requirepass", "w@rd/+?&#", "--save", ""];
    let Some(server) = Node::start(&arguments) else { return };
    let socket = server.dir.path().join("redis.sock");
    let path = socket.to_str().unwrap();
    let url = format!("unix://{path}?pass=w%40rd%2F%2B%3F%26%23&db=1");
    let one = Instance::connected(&url, options(), settings());
    let other = Instance::connected(&url.replace("unix:", "redis+unix:"), options(), settings());
    one.trip();
    within(PATIENCE, "the other is open", || other.state() == State::Open);
    let store = one.handle.status().store;
    assert!(store.contains(path) && !store.contains("rd"), "{store}");
}
