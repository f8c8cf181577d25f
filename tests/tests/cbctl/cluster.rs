//! Commands for all instances of a program, and what the store is doing that they share.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use cb_runtime::{CircuitBreaker, Exchange, Mode, SharedOptions, SharedState, State, admin::Auth};
use serde_json::Value;

use crate::{
    run::ask,
    server::{Server, fail, shop},
    terminal::seen,
};

fn until(what: &str, is_so: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < Duration::from_secs(20), "not in time: {what}");
        sleep(Duration::from_millis(2));
    }
}

/// Two instances of a shop, the first one asked.
fn two(exchange: &Exchange) -> (Server, Server) {
    let [here, there] = ["here", "there"].map(|instance| {
        let registry = shop();
        let options = SharedOptions::new().instance(instance);
        registry.share(SharedState::in_memory(exchange, options).unwrap()).unwrap();
        let server = Server::of(&registry, Auth::loopback_only());
        until("it is connected", || registry.shared().unwrap().status().connected);
        server
    });
    (here, there)
}

fn payments(server: &Server) -> CircuitBreaker {
    server.breaker("payments")
}

#[test]
fn a_reset_a_mode_and_settings_reach_all_instances() {
    let exchange = Exchange::new();
    let (here, there) = two(&exchange);
    let other = payments(&there);
    fail(&other);
    until("it is open here", || payments(&here).state() == State::Open);
    let show = ask(&here, &["show", "payments"]).with(0);
    assert!(show.out.contains("all instances\tall were told to open, by there\n"), "{}", show.out);
    assert!(show.out.contains("another instance opened it"), "{}", show.out);

    let json = ask(&here, &["reset", "payments", "--cluster", "--json"]).with(0).json();
    assert_eq!(json["scope"], "cluster");
    until("it is closed there", || other.state() == State::Closed);
    ask(&here, &["reset", "--all", "--cluster", "--for", "1m"]).with(0);

    let args = ["mode", "payments", "forced-open", "--for", "10m", "--cluster"];
    let ended = ask(&here, &args).with(0);
    assert_eq!(ended.out, "payments\tforced open\topen\t10m\n");
    until("it is forced open there", || other.mode() == Mode::ForcedOpen);
    let show = ask(&there, &["show", "payments"]).with(0);
    assert!(show.out.contains("forced open for "), "{}", show.out);
    ask(&here, &["mode", "payments", "normal", "--cluster"]).with(0);
    until("it decides again there", || other.mode() == Mode::Normal);

    let args = ["config", "payments", "failure_threshold=9", "--cluster", "--for", "1h"];
    let ended = ask(&here, &args).with(0);
    assert!(ended.out.contains("failure_threshold\t9\t"), "{}", ended.out);
    until("it is in force there", || other.config().failure_threshold() == 9);
    ask(&here, &["config", "payments", "--cluster", "--undo"]).with(0);
    until("it is taken back there", || other.config().failure_threshold() == 3);
    let events = ask(&here, &["events"]).with(0);
    assert!(events.out.contains("\tmode in all instances by "), "{}", events.out);
}

#[test]
fn what_cannot_be_for_all_is_refused() {
    let exchange = Exchange::new();
    let (here, _there) = two(&exchange);
    for (wrong, said) in [
        (&["mode", "payments", "disabled", "--cluster"][..], "--for"),
        (&["config", "payments", "failure_threshold=9", "--cluster"], "--for"),
        (&["config", "payments", "--cluster"], "--undo"),
        (&["config", "payments", "failure_threshold=9", "--undo"], "--undo"),
        (&["config", "payments", "failure_threshold=9", "--for", "1h"], "--cluster"),
        (&["reset", "payments", "--for", "1h"], "--cluster"),
        (&["mode", "payments", "disabled", "--cluster", "--for", "40days"], "30 days"),
    ] {
        let ended = ask(&here, wrong).with(2);
        assert!(ended.err.contains(said), "{wrong:?}: {ended:?}");
    }
    assert!(payments(&here).history().is_empty());
    let alone = Server::start();
    let ended = ask(&alone, &["reset", "payments", "--cluster"]).with(2);
    assert!(ended.err.contains("does not share its breakers"), "{ended:?}");
}

#[test]
fn what_the_store_is_doing_is_told() {
    let exchange = Exchange::new();
    let (here, _there) = two(&exchange);
    let status = ask(&here, &["status", "--json"]).with(0).json();
    assert_eq!(
        (&status["store"]["store"], &status["store"]["connected"]),
        (&"memory".into(), &true.into())
    );
    let health = ask(&here, &["health"]).with(0);
    assert!(health.out.contains("shared store\tconnected\n"), "{}", health.out);

    if let Some(text) = seen(&here, "status", &[("NO_COLOR", "1")], "") {
        assert!(text.contains("\nshared store memory: connected since "), "{text}");
    }

    exchange.set_away(true);
    until("it is away", || here.registry.shared().unwrap().status().problem.is_some());
    let health = ask(&here, &["health"]).with(0);
    assert!(health.out.contains("shared store\taway\n"), "{}", health.out);
    let ended = ask(&here, &["monitor", "--interval", "100ms", "--rounds", "1"]).with(0);
    let rows = ended.columns();
    let column = rows[0].iter().position(|name| *name == "store").unwrap();
    assert_eq!(rows[1][column], "away");
    let ended = ask(&here, &["reset", "payments", "--cluster"]);
    assert_ne!(ended.status, 0);
    assert!(ended.err.contains("the shared store is away"), "{ended:?}");
    for (command, width) in [("status", "100"), ("monitor --interval 100ms --rounds 1", "60")] {
        let variables = [("NO_COLOR", "1"), ("WIDTH", width)];
        if let Some(text) = seen(&here, command, &variables, "") {
            assert!(text.contains("shared store memory: away since "), "{text}");
            let line = text.lines().find(|line| line.contains("shared store memory")).unwrap();
            assert!(command == "status" || line.chars().count() < 60, "it breaks: {text}");
        }
    }
    let show = ask(&here, &["show", "payments"]).with(0);
    assert!(show.out.contains("it decides alone"), "{}", show.out);

    let alone = Server::start();
    let status = ask(&alone, &["status", "--json"]).with(0).json();
    assert_eq!(status["store"], Value::Null);
    assert!(!ask(&alone, &["health"]).with(0).out.contains("shared store"));
}
