//! What instances that share their breakers say to Redis: by a simulation, and measured at a Redis that this
//! starts, with all the instances in this process.
//!
//! `cargo run --release -p cb-tests --features redis --example shared_cost`, or with the numbers of instances
//! and of breakers: `-- 1000 1000`. A thousand of each take 3 GB and some minutes. With `simulated` behind the
//! numbers, nothing is measured.

#![allow(clippy::unwrap_used, reason = "a program for measuring, whose failure is to show")]
#![allow(clippy::cast_precision_loss, reason = "figures for people")]

#[path = "../tests/shared/many.rs"]
mod many;

use std::time::Duration;

use cb_examples::redis::RedisServer;
use many::{Said, Size, Together, measure, simulate};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| arguments.get(at).map_or(1_000, |text| text.parse().unwrap());
    let (instances, breakers) = (number(0), number(1));
    let size = Size { instances, breakers, read_again: Duration::from_secs(5) };
    println!("{instances} instances x {breakers} breakers, bytes without those of TCP and IP");
    println!("                                      commands    messages     MB to   MB from");
    show("simulated", &simulate(size));
    if arguments.get(2).is_none_or(|only| only != "simulated") {
        let server = RedisServer::start().unwrap();
        let measured = measure(&server.url(), size);
        show("measured", &measured);
        println!("of Redis's time, and until all have heard:");
        let Together { idle, storm, everywhere, .. } = measured;
        let idle_work = idle.work.as_secs_f64() / idle.time.as_secs_f64();
        println!("  idle: {:.2} % of a core", idle_work * 100.0);
        for (what, Said { work, time, .. }) in
            [("each opened by one", storm), ("each opened by each", everywhere)]
        {
            println!("  {what}: {work:.2?} of work, all have heard after {time:.2?}");
        }
    }
}

fn show(how: &str, said: &Together) {
    println!("{how}:");
    row("  idle, a second", &said.idle, said.idle.time.as_secs_f64());
    row("  each opened by one, all at once", &said.storm, 1.0);
    row("  after that, a second", &said.after_storm, said.after_storm.time.as_secs_f64());
    row("  each opened by each, all at once", &said.everywhere, 1.0);
}

fn row(what: &str, said: &Said, parts: f64) {
    let traffic = said.traffic;
    let [commands, messages, to, from] =
        [traffic.commands, traffic.messages, traffic.to, traffic.from].map(|of| of as f64 / parts);
    println!("{what:<34}{commands:>12.0}{messages:>12.0}{:>10.3}{:>10.3}", to / 1e6, from / 1e6);
}
