//! The times that shared breakers promise, measured with a real Redis and held to exactly: the tests assert
//! them loosely, since they run on busy computers.
//!
//! `cargo run --release -p cb-tests --features redis --example shared_bounds`, on a computer that does nothing
//! else. It starts `redis-server` itself. Its exit status says whether all was kept.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a program for measuring, whose failure is to show"
)]

mod lease;
#[allow(dead_code, reason = "some of it is for the tests")]
#[path = "../../tests/shared/proxy.rs"]
mod proxy;
#[path = "../../tests/shared/scene.rs"]
mod scene;
#[allow(dead_code, reason = "some of it is for the tests")]
#[path = "../../tests/shared/through_redis.rs"]
mod through_redis;

use std::{process::ExitCode, time::Duration};

use cb_examples::redis as server;
use proxy::Proxy;
use scene::{Away, Scene, trips};
use server::RedisServer;
use through_redis::{address, signal};

const TRIPS: usize = 200;
/// In which the other instances reject, of a hundred times all but one.
const HEARD: Duration = Duration::from_millis(50);
/// In which instances agree once Redis is back.
const AGREED: Duration = Duration::from_secs(5);
/// So much more than before a call may take while Redis is away: what a computer differs by from one second
/// to the next. Who waited for an answer would take 50 ms.
const SLOWER: Duration = Duration::from_millis(5);

/// What was measured, against what is promised.
#[derive(Default)]
struct Table {
    is_broken: bool,
}

impl Table {
    fn row(&mut self, what: &str, measured: Duration, most: Duration) {
        let is_kept = measured <= most;
        self.is_broken |= !is_kept;
        let (measured, most) = (format!("{measured:.1?}"), format!("{most:?}"));
        println!("{what:<58}{measured:>12}{most:>12}  {}", if is_kept { "kept" } else { "BROKEN" });
    }

    fn away(&mut self, what: &str, away: &Away) {
        let [median, p99, _] = away.before;
        let row = |of: &str| format!("{what}: {of}");
        self.row(&row("agreed after its return"), away.agreed, AGREED);
        self.row(&row("a call, p50"), away.during[0], median + SLOWER);
        self.row(&row("a call, p99"), away.during[1], p99 + SLOWER);
        println!(
            "    a call [p50, p99, max]: {:.1?} before, {:.1?} while; noticed after {:.1?}",
            away.before, away.during, away.noticed
        );
    }
}

fn main() -> ExitCode {
    if let Some(redis) = lease::is_holder() {
        lease::hold(&redis);
        return ExitCode::SUCCESS;
    }
    let mut table = Table::default();
    println!("{:<58}{:>12}{:>12}", "", "measured", "promised");

    let redis = RedisServer::start().unwrap();
    let times = trips(&redis.url(), TRIPS);
    table.row("from one's opening to another's rejection, p50 of 200", times[TRIPS / 2], HEARD);
    table.row("the same, p99", times[TRIPS * 99 / 100 - 1], HEARD);

    let free = lease::free_after_death(&redis.url());
    table.row("a lease is free after its holder is killed", free, lease::TIME + lease::ASKED);

    let redis = RedisServer::start().unwrap();
    let (port, mut scene) = (address(&redis).port(), Scene::new(&redis.url()));
    let mut new = None;
    let start = || new = Some(RedisServer::start_on(port).unwrap());
    table.away("killed, started empty", &scene.goes_through("killed", || drop(redis), start));

    let redis = RedisServer::start().unwrap();
    let (id, mut scene) = (redis.id(), Scene::new(&redis.url()));
    let away = scene.goes_through("frozen", || signal(id, "-STOP"), || signal(id, "-CONT"));
    table.away("frozen", &away);

    // Another for each, since what was opened in one is open for an hour.
    let redis = RedisServer::start().unwrap();
    let proxy = Proxy::new(address(&redis));
    let mut scene = Scene::new(&proxy.url());
    let slow = |time| proxy.slow_down(time);
    let away = scene.goes_through("slow", || slow(Duration::from_secs(2)), || slow(Duration::ZERO));
    table.away("slowed to 2 s", &away);

    let redis = RedisServer::start().unwrap();
    let proxy = Proxy::new(address(&redis));
    let mut scene = Scene::new(&proxy.url());
    table.away("cut off", &scene.goes_through("cut", || proxy.cut(true), || proxy.mend()));

    if table.is_broken { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
