//! The lease of a process that is killed.

use std::{
    env,
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use cb_runtime::{ConfigBuilder, SharedOptions, State};

use super::through_redis::{Instance, PATIENCE, options, settings, within};

/// For which a lease holds.
pub(crate) const TIME: Duration = Duration::from_secs(2);
/// After which it is known to be free, too: who was refused asks again after 20 ms at the earliest.
pub(crate) const ASKED: Duration = Duration::from_millis(50);
const HOLDER: &str = "holder";

fn half_open_for_ever() -> ConfigBuilder {
    settings().recovery_timeout(Duration::from_millis(50)).half_open_max_calls(1)
}

fn with_leases() -> SharedOptions {
    options().prefix("leases").lease_time(TIME).lease_wait(PATIENCE)
}

/// The address of Redis, where this process is to be the holder.
pub(crate) fn is_holder() -> Option<String> {
    let mut arguments = env::args().skip(1);
    if arguments.next()? == HOLDER { arguments.next() } else { None }
}

/// Takes a lease, says so, and keeps it.
pub(crate) fn hold(redis: &str) {
    let one = Instance::connected(redis, with_leases(), half_open_for_ever());
    one.trip();
    within(PATIENCE, "it is due", || one.state() == State::HalfOpen);
    // Redis refuses leases until a moment after, by its own clock.
    let mut held = one.breaker.try_acquire();
    while held.is_err() {
        thread::sleep(Duration::from_millis(20));
        held = one.breaker.try_acquire();
    }
    println!("holding");
    thread::sleep(Duration::from_secs(600));
    drop(held);
}

/// How long after the death of its holder a lease is free.
pub(crate) fn free_after_death(redis: &str) -> Duration {
    let mut holder = Command::new(env::current_exe().unwrap())
        .args([HOLDER, redis])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    BufReader::new(holder.stdout.take().unwrap()).read_line(&mut said).unwrap();
    assert_eq!(said.trim(), "holding");
    let one = Instance::connected(redis, with_leases(), half_open_for_ever());
    within(PATIENCE, "it is half-open", || one.state() == State::HalfOpen);
    assert!(one.breaker.try_acquire().is_err(), "the holder has it");
    holder.kill().unwrap();
    holder.wait().unwrap();
    within(PATIENCE, "the lease is free", || one.breaker.try_acquire().is_ok())
}
