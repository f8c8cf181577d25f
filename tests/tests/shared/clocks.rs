//! Instances whose wall clocks are wrong by minutes and hours: processes under `faketime`, which leaves
//! the monotonic clock alone.

use std::{
    env,
    net::Ipv4Addr,
    process::Command,
    time::{Duration, Instant, SystemTime},
};

use cb_runtime::{SharedOptions, State};

use super::{processes::Process, through_redis::*};

const CLOCKS: [&str; 4] = ["+0s", "+5m", "-7h", "+400d"];
/// How long the breaker `db` is open: less than the clocks are apart.
const OPEN: Duration = Duration::from_secs(60);

/// What such a process does; it is told when.
pub(crate) fn acts(redis: &str, options: SharedOptions, say: fn(&str), told: fn() -> String) {
    let one = Instance::connected(redis, options, settings().recovery_timeout(OPEN));
    let quick = settings().recovery_timeout(Duration::from_secs(1));
    let quick = one.registry.get_or_register("quick", quick.build().unwrap()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    say(&format!("clock {}", now()));
    loop {
        match told().as_str() {
            "trip" => {
                one.trip();
                say("done");
            }
            "wait until open" => {
                within(PATIENCE, "it is open", || one.state() == State::Open);
                let rejected = one.breaker.try_acquire().unwrap_err();
                let left = rejected.retry_after().unwrap();
                say(&format!("open for {}", left.as_millis()));
            }
            "reset all" => {
                runtime.block_on(one.handle.reset("db", PATIENCE)).unwrap();
                say("done");
            }
            "wait until closed" => {
                within(PATIENCE, "it is closed", || one.state() == State::Closed);
                say("done");
            }
            "trip quick" => {
                while quick.state() != State::Open {
                    let _ = quick.call_blocking(|| Err::<(), _>(()));
                }
                say("done");
            }
            "wait until quick opens" => {
                within(PATIENCE, "it is open", || quick.state() != State::Closed);
                say("done");
            }
            "wait until quick is half-open" => {
                within(PATIENCE, "it is half-open", || quick.state() == State::HalfOpen);
                say("done");
            }
            "close quick" => {
                within(PATIENCE, "a probe closes it", || {
                    quick.call_blocking(|| Ok::<_, ()>(())).is_ok()
                        && quick.state() == State::Closed
                });
                say("done");
            }
            "wait until quick closes" => {
                within(PATIENCE, "it is closed", || quick.state() == State::Closed);
                say("done");
            }
            // The test has ended, and nobody reads what the harness would say now.
            _ => std::process::exit(0),
        }
    }
}

fn now() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    i64::try_from(now.as_secs()).unwrap()
}

/// This test binary, with another wall clock.
fn with_clock(offset: &str) -> Command {
    let mut command = Command::new("faketime");
    command.args(["-m", "--exclude-monotonic", "-f", offset]).arg(env::current_exe().unwrap());
    command
}

/// Tells one, and the others; waits for all.
fn all_do(processes: &mut [Process], by: usize, what: &str, others: &str) -> Duration {
    processes[by].tell(what);
    processes[by].says_of("done");
    let begin = Instant::now();
    for (number, process) in processes.iter_mut().enumerate() {
        if number != by {
            process.tell(others);
            process.says_of("done");
        }
    }
    begin.elapsed()
}

#[test]
fn given_wall_clocks_minutes_and_hours_apart_when_one_opens_then_all_do_what_they_would() {
    let Some(server) = server() else { return };
    if !is_there("faketime") {
        return;
    }
    let nobody = (Ipv4Addr::LOCALHOST, 1).into();
    let start = |offset| Process::start_by(with_clock(offset), "clocked", &server.url(), nobody);
    let mut all: Vec<Process> = CLOCKS.map(start).into();
    let clocks: Vec<i64> =
        all.iter_mut().map(|one| one.says_of("clock").parse::<i64>().unwrap() - now()).collect();
    println!("the clocks are wrong by {clocks:?} s");
    for (wrong, by) in clocks.iter().zip([0, 300, -7 * 3_600, 400 * 24 * 3_600]) {
        assert!((wrong - by).abs() < 60, "{clocks:?}");
    }

    for by in 0..CLOCKS.len() {
        all[by].tell("trip");
        all[by].says_of("done");
        let tripped = Instant::now();
        let mut left = Vec::new();
        for process in &mut all {
            process.tell("wait until open");
            left.push(process.says_of("open for").parse::<u64>().unwrap());
        }
        println!("opened by the one of {}: open for {left:?} ms more", CLOCKS[by]);
        let (most, least) = (OPEN + Duration::from_secs(1), OPEN.saturating_sub(tripped.elapsed()));
        for left in left.into_iter().map(Duration::from_millis) {
            assert!(left <= most && left + Duration::from_secs(2) >= least, "{left:?}");
        }
        let next = (by + 1) % CLOCKS.len();
        all_do(&mut all, next, "reset all", "wait until closed");
        all_do(&mut all, next, "wait until closed", "wait until closed");

        // Opened by one, half-open in all, and closed by another.
        all_do(&mut all, by, "trip quick", "wait until quick opens");
        let wait = "wait until quick is half-open";
        let half_open = all_do(&mut all, next, wait, wait);
        println!("half-open in all others {half_open:?} after the one of {}", CLOCKS[next]);
        let closed = all_do(&mut all, next, "close quick", "wait until quick closes");
        println!("closed in all others {closed:?} after the one of {}", CLOCKS[next]);
        assert!(half_open < Duration::from_secs(5) && closed < Duration::from_secs(5));
    }
}
