//! What goes over the wire, and how quickly.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use cb_runtime::State;

use super::{scene::trips, through_redis::*};

const RARELY: Duration = Duration::from_secs(60);

#[test]
fn given_a_million_calls_when_the_breaker_is_closed_or_open_then_redis_hears_nothing() {
    let Some(server) = server() else { return };
    let one = Instance::connected(&server.url(), options().read_again(RARELY), settings());
    let other = Instance::connected(&server.url(), options().read_again(RARELY), settings());

    let before = commands(&server);
    for _ in 0..1_000_000 {
        assert!(black_box(one.call(true)));
    }
    assert_eq!(commands(&server) - before, 0, "closed");

    one.trip();
    within(PATIENCE, "the other is open", || other.state() == State::Open);
    let before = commands(&server);
    for _ in 0..500_000 {
        assert!(!black_box(one.call(true)));
        assert!(!black_box(other.call(true)));
    }
    assert_eq!(commands(&server) - before, 0, "open");
}

#[test]
fn given_one_that_opens_when_two_hundred_times_then_the_other_is_told_each_time() {
    let Some(server) = server() else { return };
    let times = trips(&server.url(), 200);
    let (median, p99, most) = (times[100], times[197], times[199]);
    println!(
        "from one's opening to the other's rejection: p50 {median:?}, p99 {p99:?}, max {most:?}"
    );
    // Where it is not told, it reads so itself, seconds later. How soon it is told is for a computer that
    // does nothing else: see what is printed.
    assert!(p99 < Duration::from_secs(1), "{p99:?}");
}

#[test]
fn given_a_breaker_half_open_when_a_probe_asks_then_the_lease_takes_a_round_trip() {
    let Some(server) = server() else { return };
    let settings = settings()
        .recovery_timeout(Duration::from_millis(50))
        .probe_timeout(Duration::from_secs(60))
        .success_threshold(u32::MAX);
    let one = Instance::connected(&server.url(), options(), settings);
    one.trip();
    std::thread::sleep(Duration::from_millis(300));

    let mut times = Vec::new();
    for _ in 0..200 {
        // What the probe before gave back has to arrive.
        let asked = loop {
            std::thread::sleep(Duration::from_millis(2));
            let asked = Instant::now();
            if one.call(true) {
                break asked;
            }
        };
        times.push(asked.elapsed());
    }
    times.sort_unstable();
    println!("a probe with its lease: p50 {:?}, p99 {:?}", times[100], times[197]);
    // After 50 ms without an answer the breaker decides alone.
    assert!(times[100] < Duration::from_millis(50), "{:?}", times[100]);
}
