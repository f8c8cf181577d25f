//! The scripts against the plain data that says the same.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a helper of a test fails the test")]

use std::{
    env,
    io::ErrorKind as IoErrorKind,
    net::{Ipv4Addr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use redis::{Client, Connection, Value};

use super::scripts::{self, Keys, Kind};
use crate::shared::{
    book::Book,
    wire::{GivenBack, Millis, Opening, Order, Reply, Request, Since, View},
};

struct Server(Child, u16);

impl Server {
    /// `None` where there is no Redis: said aloud, and a failure in CI.
    fn start() -> Option<Self> {
        let port =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let started = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""])
            .stdout(Stdio::null())
            .spawn();
        let process = match started {
            Ok(process) => process,
            Err(error) if error.kind() == IoErrorKind::NotFound && env::var_os("CI").is_none() => {
                eprintln!("skipped: `redis-server` is not installed");
                return None;
            }
            Err(error) => panic!("`redis-server` cannot be started: {error}"),
        };
        // A server says nothing to who started it: that it is ready shows when it can be connected to.
        for _ in 0..500 {
            if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
                break;
            }
            thread::sleep(Duration::from_millis(10));
        }
        Some(Self(process, port))
    }

    fn connect(&self) -> Connection {
        Client::open(format!("redis://127.0.0.1:{}", self.1)).unwrap().get_connection().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A request from a few instances about a few breakers, with what is known from earlier answers.
fn any(
    random: &mut fastrand::Rng,
    now: Millis,
    views: &[View],
    leases: &[(String, u64)],
) -> Request {
    let name = random.choice(["db", "web/api", "shop[Zoë {7}]"]).unwrap().to_owned();
    let instance = random.choice(["one", "two", "three"]).unwrap().to_owned();
    let known = views.iter().rev().find(|view| view.name == name && random.u8(..4) > 0);
    let base = known.map_or(0, |view| view.epoch);
    match random.u8(..16) {
        0..=4 => Request::Open(Opening {
            name,
            instance,
            base,
            decided: now.saturating_sub(random.u64(..3) * random.u64(..3_000)),
            time: random.u64(1..20_000),
            row: random.u32(1..4),
            needed: random.u32(1..4),
            again: random.u8(..8) == 0,
        }),
        5..=6 => Request::Close { name, instance, base },
        7 => Request::Withdraw { name, instance },
        8..=10 => {
            Request::Lease { name, instance, most: random.u32(1..3), ttl: random.u64(1..9_000) }
        }
        11..=12 => {
            let (name, lease) = random.choice(leases).cloned().unwrap_or((name, 7));
            Request::GiveBack(GivenBack { name, instance, lease, success_of: random.u32(..3) })
        }
        13 => {
            let settings = r#"{"failure_threshold":3}"#.to_owned();
            let orders = [Order::Reset, Order::Mode("disabled".into()), Order::Config(settings)];
            let order = random.choice(orders).unwrap();
            Request::Order { name, order, lasts: random.u64(1..30_000) }
        }
        14 => Request::Leave { instance },
        _ => {
            let cursor = known.map_or(0, |view| view.epoch);
            let seen = cursor + u64::from(random.u8(..8) == 0) * random.u64(..5_000);
            let since = Since { born: 0, cursor, seen };
            Request::Sync { instance, since, ttl: random.u64(1..30_000) }
        }
    }
}

#[test]
fn the_scripts_decide_as_the_book_does() {
    let Some(server) = Server::start() else { return };
    let mut connection = server.connect();
    let scripts = Kind::scripts("local function clock() return tonumber(ARGV[#ARGV]) end\n");
    for seed in 0..60 {
        let mut random = fastrand::Rng::with_seed(seed);
        let keys = Keys::new(&format!("test{seed}"), 0);
        let mut book = Book::default();
        // In the past by Redis's clock nothing would be kept.
        let mut now: Millis = 4_000_000_000_000;
        let (mut views, mut leases): (Vec<View>, Vec<(String, u64)>) = Default::default();
        for step in 0..150 {
            now += random.u64(..4) * random.u64(..5_000);
            let request = any(&mut random, now, &views, &leases);
            let (expected, _) = book.take(now, request.clone());
            let (kind, mut call) = scripts::call(&keys, &request, |kind| &scripts[kind as usize]);
            call.arg(now);
            let answer: Value = call.invoke(&mut connection).unwrap();
            let answer = kind.read(answer).unwrap();
            assert_eq!(answer, expected, "seed {seed}, step {step}, {request:?}");
            match (request, answer) {
                (Request::Lease { name, .. }, Reply::Lease { lease: Ok(lease), .. }) => {
                    leases.push((name, lease));
                }
                (_, Reply::Told { view, .. }) => views.push(view),
                _ => {}
            }
        }
    }
}

fn ask(connection: &mut Connection, keys: &Keys, request: &Request) -> Reply {
    let (kind, call) = scripts::of(keys, request);
    kind.read(call.invoke(connection).unwrap()).unwrap()
}

/// Breakers of keys that came once: nobody changes anything for an hour, and Redis lets their pages go.
#[test]
fn who_comes_after_many_breakers_were_forgotten_reads_past_them() {
    let Some(server) = Server::start() else { return };
    let mut connection = server.connect();
    let keys = Keys::new("forgotten", 0);
    let opening = |name: String| {
        Request::Open(Opening {
            name,
            instance: "one".to_owned(),
            base: 0,
            decided: Millis::MAX >> 12,
            time: 60_000,
            row: 1,
            needed: 1,
            again: false,
        })
    };
    for key in 0..250 {
        ask(&mut connection, &keys, &opening(format!("db[{key}]")));
    }
    let pages: Vec<String> =
        redis::cmd("KEYS").arg("{forgotten}:v1:b:*").query(&mut connection).unwrap();
    assert_eq!(pages.len(), 250);
    redis::cmd("DEL").arg(pages).exec(&mut connection).unwrap();
    ask(&mut connection, &keys, &opening("web".to_owned()));

    let (mut since, mut names) = (Since::default(), Vec::new());
    for _ in 0..10 {
        let request = Request::Sync { instance: "two".to_owned(), since, ttl: 15_000 };
        let Reply::Synced(synced) = ask(&mut connection, &keys, &request) else { panic!() };
        names.extend(synced.views.into_iter().map(|view| view.name));
        since = synced.since;
        if !synced.more {
            break;
        }
    }
    assert_eq!(names, ["web"], "at {since:?}");
}
