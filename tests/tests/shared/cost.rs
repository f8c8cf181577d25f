//! What sharing costs in commands and bytes: measured with a few instances, held against what the guide
//! says, and against the simulation with which the guide's figures for many are found.

use std::time::Duration;

use super::{
    many::{Said, Size, measure, simulate},
    through_redis::server,
};

const SIZE: Size = Size { instances: 10, breakers: 100, read_again: Duration::from_millis(500) };

/// Bytes to Redis and from it.
fn per(said: &Said, count: u64) -> [f64; 2] {
    #[allow(clippy::cast_precision_loss, reason = "figures for people")]
    [said.traffic.to, said.traffic.from].map(|bytes| bytes as f64 / count as f64)
}

#[test]
fn what_instances_cost_is_what_the_simulation_says() {
    let Some(server) = server() else { return };
    let (instances, breakers) = (SIZE.instances as u64, SIZE.breakers as u64);
    let [measured, simulated] = [measure(&server.url(), SIZE), simulate(SIZE)];

    let [asking, asking_simulated] =
        [measured.idle, simulated.idle].map(|said| per(&said, said.traffic.commands));
    let [opening, opening_simulated] = [measured.storm, simulated.storm].map(|said| {
        let [to, from] = per(&said, breakers);
        #[allow(clippy::cast_precision_loss, reason = "figures for people")]
        [to, from / instances as f64]
    });
    println!(
        "asking again: {asking:.0?} bytes to Redis and from it; simulated: {asking_simulated:.0?}"
    );
    println!(
        "an opening: {opening:.0?} bytes to Redis, and from it for each instance; simulated: \
         {opening_simulated:.0?}"
    );
    // What the guide says.
    assert!(asking[0] < 400.0 && asking[1] < 150.0, "{asking:?}");
    assert!(opening[0] < 600.0 && opening[1] < 350.0, "{opening:?}");
    let pairs = asking.iter().zip(asking_simulated).chain(opening.iter().zip(opening_simulated));
    for (measured, simulated) in pairs {
        // While a storm is measured, instances ask again, too.
        let ratio = measured / simulated;
        assert!((0.8..1.25).contains(&ratio), "{measured} measured, {simulated} simulated");
    }

    // Instances ask again meanwhile, and a little later than all have heard.
    let asked = |said: &Said| {
        let times = said.time.as_millis() / (SIZE.read_again.as_millis() * 8 / 10);
        instances * (u64::try_from(times).unwrap() + 4)
    };
    for said in [simulated.storm, measured.storm] {
        let told = breakers..=breakers + asked(&said);
        assert!(told.contains(&said.traffic.commands), "{:?}", said.traffic);
        assert_eq!(said.traffic.messages, breakers * instances, "one to each instance");
    }
    println!("{:.2?}, {:.2?} of Redis's work", measured.storm.time, measured.storm.work);
    for (said, idle) in
        [(simulated.after_storm, simulated.idle), (measured.after_storm, measured.idle)]
    {
        let [bytes, bytes_idle] = [said, idle].map(|said| per(&said, said.traffic.commands)[1]);
        assert!(bytes < 1.1 * bytes_idle, "{bytes} bytes: what was heard is not read again");
    }
    for said in [simulated.everywhere, measured.everywhere] {
        println!("where each finds out by itself: {:?}", said.traffic);
        // Who has heard of it has nothing to tell.
        let told = breakers..=breakers * instances + asked(&said);
        assert!(told.contains(&said.traffic.commands), "{:?}", said.traffic);
    }
    assert_eq!(simulated.everywhere.traffic.messages, breakers * instances, "it is published once");
}
