//! What sharing costs in commands and bytes: measured with a few instances, held against what the guide
//! says, and against the simulation with which the guide's figures for many are found.

use std::time::Duration;

use cb_runtime::{Registry, SharedState, State};

use super::{proxy::Proxy, simulated::simulate, through_redis::*};

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
fn what_instances_cost_is_what_the_simulation_says() {
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
    // What the guide says.
    assert!(sync[0] < 400.0 && sync[1] < 150.0, "{sync:?}");
    assert!(to < 600.0 && heard < 350.0, "{to} {heard}");

    let simulated = simulate(INSTANCES, BREAKERS);
    let (said, at_once) = (simulated.idle.traffic, simulated.storm.traffic);
    let count = usize::try_from(said.commands).unwrap();
    let [asking, answered] = per([said.to, said.from], count);
    let [telling, told] = per([at_once.to, at_once.from], BREAKERS);
    #[allow(clippy::cast_precision_loss, reason = "figures for people")]
    let hearing = told / INSTANCES as f64;
    let everywhere = simulated.everywhere.traffic;
    let idle = simulated.idle.time.as_secs_f64();
    println!("simulated, where each finds out by itself: {everywhere:?}; idle for {idle} s");
    // Who has heard of it has nothing to tell.
    assert!(everywhere.commands >= BREAKERS as u64, "{everywhere:?}");
    assert!(everywhere.commands <= (BREAKERS * INSTANCES) as u64, "{everywhere:?}");
    println!("simulated: [{asking:.0}, {answered:.0}] bytes; {telling:.0}, {hearing:.0} bytes");
    assert_eq!(
        (at_once.commands, at_once.messages),
        (BREAKERS as u64, (BREAKERS * INSTANCES) as u64)
    );
    for (measured, simulated) in
        [(sync[0], asking), (sync[1], answered), (to, telling), (heard, hearing)]
    {
        // While the storm is measured, instances ask again, too.
        let ratio = measured / simulated;
        assert!((0.8..1.25).contains(&ratio), "{measured} measured, {simulated} simulated");
    }
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
