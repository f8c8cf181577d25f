//! What instances that share their breakers say to Redis, found by the simulation that the tests hold
//! against a real one.
//!
//! `cargo run --release -p cb-tests --features redis --example shared_cost`, or with the numbers of instances
//! and of breakers: `-- 1000 1000`. A thousand of each take some gigabytes and minutes.

#![allow(clippy::unwrap_used, reason = "a program for measuring, whose failure is to show")]
#![allow(clippy::cast_precision_loss, reason = "figures for people")]

#[path = "../tests/shared/simulated.rs"]
mod simulated;

use simulated::{Said, simulate};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut number = || arguments.next().map_or(1_000, |text| text.parse().unwrap());
    let (instances, breakers) = (number(), number());
    println!("{instances} instances x {breakers} breakers, bytes without those of TCP and IP");
    println!("                                      commands    messages     MB to   MB from");
    let simulated = simulate(instances, breakers);
    let seconds = simulated.idle.time.as_secs_f64();
    show("idle, a second", &simulated.idle, seconds);
    show("each opened by one, all at once", &simulated.storm, 1.0);
    show("each opened by each, all at once", &simulated.everywhere, 1.0);
}

fn show(what: &str, said: &Said, parts: f64) {
    let traffic = said.traffic;
    let [commands, messages, to, from] =
        [traffic.commands, traffic.messages, traffic.to, traffic.from].map(|of| of as f64 / parts);
    println!("{what:<34}{commands:>12.0}{messages:>12.0}{:>10.3}{:>10.3}", to / 1e6, from / 1e6);
}
