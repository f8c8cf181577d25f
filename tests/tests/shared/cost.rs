//! What sharing costs in commands and bytes: measured with a few instances, reckoned for many, and held
//! against what the guide says.

use std::time::Duration;

use cb_runtime::{Registry, SharedState, State};

use super::{proxy::Proxy, through_redis::*};

const INSTANCES: usize = 10;
const BREAKERS: usize = 100;

fn per(bytes: [u64; 2], count: usize) -> [f64; 2] {
    #[allow(clippy::cast_precision_loss, reason = "figures for people")]
    bytes.map(|bytes| bytes as f64 / count as f64)
}

fn difference(after: [u64; 2], before: [u64; 2]) -> [u64; 2] {
    [after[0] - before[0], after[1] - before[1]]
}

#[test]
fn what_a_thousand_instances_with_a_thousand_breakers_cost() {
    let Some(server) = server() else { return };
    let proxy = Proxy::new(address(&server));
    let name = |number: usize| format!("web_app/service_{number:03}");
    let all: Vec<Registry> = (0..INSTANCES)
        .map(|_| {
            let registry = Registry::new();
            let options = options().read_again(Duration::from_millis(500));
            let shared =
                registry.share(SharedState::redis(&proxy.url(), options).unwrap()).unwrap();
            for number in 0..BREAKERS {
                registry.get_or_register(&name(number), settings().build().unwrap()).unwrap();
            }
            within(PATIENCE, "connected", || shared.status().connected);
            registry
        })
        .collect();

    // Each script is sent in full once: not counted here.
    for (number, registry) in all.iter().enumerate() {
        let config = settings().build().unwrap();
        let breaker = registry.get_or_register(&format!("first_{number}"), config).unwrap();
        for _ in 0..2 {
            let _ = breaker.call_blocking(|| Err::<(), ()>(()));
        }
    }
    within(PATIENCE, "all are told", || scripts_run(&server) >= 2 * INSTANCES as u64);

    // Each hears of these once more.
    std::thread::sleep(Duration::from_secs(2));

    // Idle: nothing but asking again.
    let (before, begun) = (proxy.bytes(), scripts_run(&server));
    std::thread::sleep(Duration::from_secs(5));
    let (idle, before_storm) = (difference(proxy.bytes(), before), scripts_run(&server));
    let asked = before_storm - begun;
    let sync = per(idle, usize::try_from(asked).unwrap());

    // A storm: every breaker is opened by some instance.
    let before = proxy.bytes();
    for number in 0..BREAKERS {
        let breaker = all[number % INSTANCES].get(&name(number)).unwrap();
        for _ in 0..2 {
            let _ = breaker.call_blocking(|| Err::<(), ()>(()));
        }
    }
    let opened = within(PATIENCE, "all are open everywhere", || {
        all.iter().all(|registry| registry.iter().all(|breaker| breaker.state() == State::Open))
    });
    let storm = difference(proxy.bytes(), before);
    let run = scripts_run(&server) - before_storm;
    let [to, from] = per(storm, BREAKERS);
    #[allow(clippy::cast_precision_loss, reason = "figures for people")]
    let heard = from / INSTANCES as f64;

    println!("idle: [to, from] {sync:.0?} bytes for each time an instance asks again");
    println!(
        "storm: {BREAKERS} breakers opened in {INSTANCES} instances within {opened:?}; {run} scripts; \
         {to:.0} bytes to Redis for each, {heard:.0} from it for each and instance"
    );
    println!(
        "1 000 instances x 1 000 breakers, idle: 200 commands/s, {:.0} kB/s to and {:.0} kB/s from",
        sync[0] / 5.0,
        sync[1] / 5.0
    );
    println!(
        "... each of 1 000 breakers opened by one instance: 1 000 commands, {:.1} MB to, {:.0} MB from, in 1 000 000 messages",
        to / 1_000.0,
        heard
    );
    // What the guide says.
    assert!(sync[0] < 400.0 && sync[1] < 150.0, "{sync:?}");
    assert!(to < 600.0 && heard < 350.0, "{to} {heard}");
}

/// How many scripts Redis has run.
fn scripts_run(server: &super::server::RedisServer) -> u64 {
    let mut connection = redis::Client::open(server.url()).unwrap().get_connection().unwrap();
    let info: String = redis::cmd("INFO").arg("commandstats").query(&mut connection).unwrap();
    let calls = info.lines().filter_map(|line| {
        let figures = line.strip_prefix("cmdstat_evalsha:calls=")?;
        figures.split(',').next()?.parse::<u64>().ok()
    });
    calls.sum()
}
