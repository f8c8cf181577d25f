//! Instances in processes of their own: this very test binary, told to be another one, because what a
//! killed process leaves behind cannot be seen in one process.

use std::{
    env,
    io::{BufRead, BufReader, Lines, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    process::{Child, ChildStdout, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use cb_runtime::{ConfigBuilder, OpenOn, State};

use super::through_redis::*;

const ROLE: &str = "CB_TEST_ROLE";
const REDIS: &str = "CB_TEST_REDIS";
const SERVICE: &str = "CB_TEST_SERVICE";
const LEASE_TIME: Duration = Duration::from_secs(2);

/// A process that is killed when it is not needed any more.
pub(crate) struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    fn start(role: &str, redis: &str, service: SocketAddr) -> Self {
        let itself = Command::new(env::current_exe().unwrap());
        Self::start_by(itself, role, redis, service)
    }

    /// By a command that runs this test binary.
    pub(crate) fn start_by(
        mut command: Command,
        role: &str,
        redis: &str,
        service: SocketAddr,
    ) -> Self {
        let mut child = command
            .args(["--exact", "processes::acts", "--nocapture", "--test-threads=1"])
            .env(ROLE, role)
            .env(REDIS, redis)
            .env(SERVICE, service.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// Waits until it says this.
    fn says(&mut self, what: &str) {
        while !self.says_of(what).is_empty() {}
    }

    /// Waits until it says something about this, and what that is.
    pub(crate) fn says_of(&mut self, what: &str) -> String {
        for line in self.lines.by_ref() {
            // The test harness says things too, and not always on a line of their own.
            if let Some((_, about)) = line.unwrap().split_once(&format!("child: {what}")) {
                return about.trim().to_owned();
            }
        }
        panic!("the process has ended and has not said `{what}`");
    }

    pub(crate) fn tell(&mut self, what: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{what}").unwrap();
    }

    /// With SIGKILL, which leaves it no moment to tidy up.
    fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A service that takes some time for each call, and counts those under way.
struct Service {
    address: SocketAddr,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    under_way: AtomicUsize,
    most: AtomicUsize,
    all: AtomicUsize,
}

impl Service {
    fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let counts = Arc::<Counts>::default();
        let counted = Arc::clone(&counts);
        // Ends with the test's process.
        thread::spawn(move || {
            for mut call in listener.incoming().flatten() {
                let counts = Arc::clone(&counted);
                thread::spawn(move || {
                    let under_way = counts.under_way.fetch_add(1, Ordering::SeqCst) + 1;
                    counts.most.fetch_max(under_way, Ordering::SeqCst);
                    counts.all.fetch_add(1, Ordering::SeqCst);
                    thread::sleep(Duration::from_millis(20));
                    counts.under_way.fetch_sub(1, Ordering::SeqCst);
                    let _ = call.write_all(b"ok");
                });
            }
        });
        Self { address, counts }
    }
}

fn ask(service: SocketAddr) -> Result<(), std::io::Error> {
    let mut answer = String::new();
    TcpStream::connect(service)?.read_to_string(&mut answer)?;
    Ok(())
}

/// Two probes of all together, for ever.
fn half_open_for_ever(most: u32) -> ConfigBuilder {
    settings()
        .recovery_timeout(Duration::from_millis(300))
        .half_open_max_calls(most)
        .success_threshold(u32::MAX)
        .probe_timeout(Duration::from_secs(60))
}

/// No test: what the other processes do.
#[test]
fn acts() {
    let Ok(role) = env::var(ROLE) else { return };
    let redis = env::var(REDIS).unwrap();
    let service: SocketAddr = env::var(SERVICE).unwrap().parse().unwrap();
    let say = |what: &str| println!("\nchild: {what}");
    // On a busy computer an answer may take its time; nothing here is to be decided for want of one.
    let patient = options().lease_wait(PATIENCE).timeout(PATIENCE).lease_time(LEASE_TIME);
    match role.as_str() {
        "prober" => {
            let one = Instance::connected(&redis, patient, half_open_for_ever(2));
            say("ready");
            if told() == "trip" {
                one.trip();
            }
            within(PATIENCE, "it is open", || one.state() != State::Closed);
            say("open");
            loop {
                let _ = one.breaker.call_blocking(|| ask(service));
                thread::sleep(Duration::from_millis(1));
            }
        }
        "holder" => {
            let one = Instance::connected(&redis, patient, half_open_for_ever(1));
            one.trip();
            within(PATIENCE, "it is due", || one.state() == State::HalfOpen);
            thread::sleep(Duration::from_millis(500));
            let held = one.breaker.try_acquire();
            say(if held.is_ok() { "holding" } else { "refused" });
            thread::sleep(Duration::from_secs(600));
        }
        "clocked" => super::clocks::acts(&redis, patient, say, told),
        "bad" => {
            let options = options().open_on(OpenOn::Quorum(2));
            let settings = settings().recovery_timeout(Duration::from_millis(20));
            let one = Instance::connected(&redis, options, settings);
            say("ready");
            let mut opened = 0;
            loop {
                one.call(false);
                thread::sleep(Duration::from_millis(1));
                let openings = one.breaker.snapshot().openings;
                if opened < 20 && openings >= 20 {
                    say("opened often");
                }
                opened = openings;
            }
        }
        other => panic!("no such role: {other}"),
    }
}

/// What the process is told next.
fn told() -> String {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    line.trim().to_owned()
}

#[test]
fn given_twenty_instances_half_open_when_all_want_to_probe_then_never_more_than_two_do() {
    let Some(server) = server() else { return };
    let service = Service::start();
    let start = |_| Process::start("prober", &server.url(), service.address);
    let mut all: Vec<Process> = (0..20).map(start).collect();
    for process in &mut all {
        process.says("ready");
    }

    for (number, process) in all.iter_mut().enumerate() {
        process.tell(if number == 0 { "trip" } else { "wait" });
    }
    for process in &mut all {
        process.says("open");
    }
    thread::sleep(Duration::from_secs(4));

    let Counts { most, all, .. } = &*service.counts;
    let (most, all) = (most.load(Ordering::SeqCst), all.load(Ordering::SeqCst));
    println!("{all} probes of 20 instances, at most {most} at once");
    assert!(most <= 2, "{most} probes at once");
    assert!(all >= 20, "{all} probes in all");
}

#[test]
fn given_a_lease_whose_holder_is_killed_when_its_time_is_over_then_it_is_free() {
    let Some(server) = server() else { return };
    let service = Service::start();
    let mut holder = Process::start("holder", &server.url(), service.address);
    holder.says("holding");
    let held = Instant::now();
    let options = options().lease_time(LEASE_TIME).lease_wait(PATIENCE);
    let one = Instance::connected(&server.url(), options, half_open_for_ever(1));
    within(PATIENCE, "it is half-open", || one.state() == State::HalfOpen);
    assert!(one.breaker.try_acquire().is_err(), "the holder has it");

    holder.kill();
    let killed = Instant::now();
    within(PATIENCE, "the lease is free", || one.breaker.try_acquire().is_ok());

    println!(
        "free {:?} after its holder was killed, {:?} after it was given",
        killed.elapsed(),
        held.elapsed()
    );
    // And not in the time of a probe, which is a minute.
    assert!(killed.elapsed() <= LEASE_TIME + Duration::from_secs(5), "{:?}", killed.elapsed());
}

#[test]
fn given_a_quorum_of_two_when_one_process_fails_everything_then_the_others_stay_closed() {
    let Some(server) = server() else { return };
    let options = || options().open_on(OpenOn::Quorum(2));
    let others = [(); 2].map(|()| Instance::connected(&server.url(), options(), settings()));
    let mut bad = Process::start("bad", &server.url(), (Ipv4Addr::LOCALHOST, 1).into());
    bad.says("ready");
    bad.says("opened often");

    for other in &others {
        assert!(other.call(true));
        assert_eq!(other.breaker.snapshot().openings, 0);
    }
}
