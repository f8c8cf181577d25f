//! The management API under load, and what the program's own calls feel of it: 200 readers of events that
//! hardly read, and 2 000 requests a second for a minute, from a process of their own.
//!
//! `cargo run --release -p cb-tests --features admin --example admin_load`, or with the seconds and the
//! requests a second: `-- 60 2000`. Linux only: it reads the memory in use from `/proc`.
//! glibc keeps some for each thread, which grows for a while; with `MALLOC_ARENA_MAX=1` it does not.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a program for measuring, whose failure is to show"
)]
#![allow(clippy::cast_precision_loss, reason = "figures for people")]

mod calls;
mod client;
mod sizes;

use std::{
    env,
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use cb_runtime::{
    Config, Registry,
    admin::{self, Auth},
};

const TOKEN: &str = "measure";

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let number = |at: usize, default: u64| {
        arguments.get(at).map_or(default, |text| text.parse().expect("a number"))
    };
    if arguments.first().is_some_and(|first| first == "client") {
        let address = arguments.get(1).expect("an address").parse().expect("an address");
        return client::load(address, number(2, 60), number(3, 2_000)).await;
    }
    let (seconds, rate) = (number(0, 60), number(1, 2_000));

    let registry = Registry::new();
    let breakers: Vec<_> = (0..100)
        .map(|at| registry.get_or_register(format!("service/{at}"), Config::default()))
        .collect::<Result<_, _>>()
        .expect("the names are good");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    tokio::spawn(admin::serve_on(listener, registry.clone(), Auth::tokens("", TOKEN)));

    println!("calls of the program, nanoseconds        p50     p99   p99.9  memory (KiB)");
    let quiet = tokio::task::spawn_blocking({
        let breaker = breakers[0].clone();
        move || calls::measure(&breaker, Duration::from_secs(10))
    });
    println!("no request                        {}  {:>8}", quiet.await.expect("it ran"), memory());

    // A thousand events a second, for the readers not to read.
    let stop = Arc::new(AtomicBool::new(false));
    let noise = std::thread::spawn({
        let (breakers, stop) = (breakers.clone(), Arc::clone(&stop));
        move || {
            while !stop.load(Ordering::Relaxed) {
                breakers.iter().take(10).for_each(cb_runtime::CircuitBreaker::reset);
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    });
    let mut client = Command::new(env::current_exe().expect("this program is a file"))
        .args(["client", &address.to_string(), &seconds.to_string(), &rate.to_string()])
        .stdout(Stdio::inherit())
        .spawn()
        .expect("it can be run twice");
    let slices = 6;
    for slice in 1..=slices {
        let time = Duration::from_secs_f64(seconds as f64 / f64::from(slices));
        let breaker = breakers[0].clone();
        let felt = tokio::task::spawn_blocking(move || calls::measure(&breaker, time));
        let felt = felt.await.expect("it ran");
        println!("under load, part {slice} of {slices}          {felt}  {:>8}", memory());
    }
    let ended =
        tokio::task::spawn_blocking(move || client.wait()).await.expect("it was waited for");
    assert!(ended.expect("it ended").success());
    stop.store(true, Ordering::Relaxed);
    noise.join().expect("it ended");

    // Last, since its tens of megabytes would stay in the allocator's hands.
    println!();
    sizes::report().await;
}

/// What of this process is in memory, in KiB.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default()
}
