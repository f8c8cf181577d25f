//! Redis that is away, slow, hung, or empty: calls go on, one event says so, and all agree again.

use std::time::{Duration, Instant};

use cb_runtime::State;

use super::{
    proxy::Proxy,
    scene::{Away, Scene},
    server::RedisServer,
    through_redis::*,
};

/// Within which instances are to agree again.
const AGREED: Duration = Duration::from_secs(5);

/// So long a word takes through a slow connection: longer than a busy computer takes for all else.
const LATE: Duration = Duration::from_secs(4);

/// Redis goes away in some way, and comes back in another.
fn goes_through(scene: &mut Scene, what: &str, away: impl FnOnce(), back: impl FnOnce()) {
    let Away { before, during, noticed, agreed } = scene.goes_through(what, away, back);
    println!(
        "{what}: a call [p50, p99, max] {before:?} before, {during:?} while; noticed after {noticed:?}; \
         agreed {agreed:?} after its return"
    );
    // A call that waits for an answer takes a second; a busy computer makes some take a while.
    assert!(during[1] < before[1] + Duration::from_millis(250), "calls are slower");
    // Five seconds are promised, on a computer that does nothing else.
    assert!(agreed <= 2 * AGREED, "{agreed:?}");
}

#[test]
fn given_redis_killed_when_it_is_started_again_empty_then_all_agree() {
    let Some(server) = server() else { return };
    let (port, url) = (address(&server).port(), server.url());
    let mut scene = Scene::new(&url);
    let mut new = None;
    goes_through(
        &mut scene,
        "killed and started empty",
        || drop(server),
        || new = Some(RedisServer::start_on(port).unwrap()),
    );
}

#[test]
fn given_redis_frozen_when_it_thaws_then_all_agree() {
    let Some(server) = server() else { return };
    let mut scene = Scene::new(&server.url());
    let id = server.id();
    goes_through(&mut scene, "frozen", || signal(id, "-STOP"), || signal(id, "-CONT"));
}

#[test]
fn given_redis_two_seconds_away_when_it_is_near_again_then_all_agree() {
    let Some(server) = server() else { return };
    let proxy = Proxy::new(address(&server));
    let mut scene = Scene::new(&proxy.url());
    goes_through(
        &mut scene,
        "slowed to 2 s",
        || proxy.slow_down(Duration::from_secs(2)),
        || proxy.slow_down(Duration::ZERO),
    );
}

#[test]
fn given_the_way_to_redis_cut_when_it_is_mended_then_all_agree() {
    let Some(server) = server() else { return };
    let proxy = Proxy::new(address(&server));
    let mut scene = Scene::new(&proxy.url());
    scene.goes_through("cut off", || proxy.cut(true), || proxy.mend());
}

#[test]
fn given_the_subscription_cut_when_one_opens_meanwhile_then_the_others_read_it() {
    let Some(server) = server() else { return };
    let proxy = Proxy::new(address(&server));
    let one = Instance::connected(&server.url(), options(), settings());
    let other = Instance::connected(&proxy.url(), options(), settings());

    proxy.cut(true);
    one.trip();
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(other.state(), State::Closed);
    proxy.mend();

    let read = within(PATIENCE, "it is read", || other.state() == State::Open);
    println!("read {read:?} after the subscription could be had again");
    assert!(read <= 2 * AGREED, "{read:?}");
}

#[test]
fn given_a_redis_emptied_while_all_are_open_when_another_comes_then_it_is_open_too() {
    let Some(server) = server() else { return };
    let one = Instance::connected(&server.url(), options(), settings());
    let other = Instance::connected(&server.url(), options(), settings());
    one.trip();
    within(PATIENCE, "both are open", || other.state() == State::Open);

    let mut connection = redis::Client::open(server.url()).unwrap().get_connection().unwrap();
    redis::cmd("FLUSHALL").query::<()>(&mut connection).unwrap();

    let late = Instance::connected(&server.url(), options(), settings());
    within(Duration::from_secs(10), "it hears of it", || late.state() == State::Open);
    assert_eq!((one.state(), other.state()), (State::Open, State::Open));
}

#[test]
fn given_a_writer_that_is_late_when_others_have_opened_and_closed_since_then_it_opens_nobody() {
    let Some(server) = server() else { return };
    let proxy = Proxy::new(address(&server));
    let settings = settings().recovery_timeout(Duration::from_millis(100));
    let one = Instance::connected(&server.url(), options(), settings);
    let other = Instance::connected(&server.url(), options(), settings);
    let patient = options().timeout(PATIENCE);
    let late = Instance::connected(&proxy.url(), patient, settings.recovery_timeout(PATIENCE));
    proxy.slow_down(LATE);

    late.trip();
    let tripped = Instant::now();
    one.trip();
    within(PATIENCE, "the other is open", || other.state() != State::Closed);
    within(PATIENCE, "a probe closes it", || other.call(true) && other.state() == State::Closed);
    within(PATIENCE, "both are closed", || one.state() == State::Closed);
    assert!(tripped.elapsed() < LATE, "this computer is too busy to tell");
    within(PATIENCE, "the late one has heard", || late.state() == State::Closed);

    assert_eq!((one.state(), other.state()), (State::Closed, State::Closed));
    assert_eq!((one.breaker.snapshot().openings, other.breaker.snapshot().openings), (1, 1));
}

#[test]
fn given_a_prober_that_is_late_when_others_have_opened_again_since_then_it_closes_nobody() {
    let Some(server) = server() else { return };
    let proxy = Proxy::new(address(&server));
    let settings = settings().half_open_max_calls(2).success_threshold(1);
    let one = Instance::connected(&server.url(), options(), settings);
    let other = Instance::connected(&server.url(), options(), settings);
    let patient = options().timeout(PATIENCE).lease_wait(PATIENCE);
    let shortly = settings.recovery_timeout(Duration::from_millis(100));
    let late = Instance::connected(&proxy.url(), patient, shortly);
    late.trip();
    within(PATIENCE, "the others are open", || {
        one.state() != State::Closed && other.state() != State::Closed
    });
    let began = Instant::now();
    let probe = loop {
        match late.breaker.try_acquire() {
            Ok(probe) => break probe,
            Err(error) => assert!(began.elapsed() < PATIENCE, "{error}"),
        }
        std::thread::sleep(Duration::from_millis(1));
    };

    proxy.slow_down(LATE);
    let slowed = Instant::now();
    within(PATIENCE, "the probe of one fails", || !one.call(false) && one.state() == State::Open);
    within(PATIENCE, "the other is open", || other.state() == State::Open);
    probe.success();
    assert_eq!(late.state(), State::Closed);
    assert!(slowed.elapsed() < LATE, "this computer is too busy to tell");
    within(PATIENCE, "the late one has heard", || late.state() == State::Open);
    proxy.slow_down(Duration::ZERO);
    within(PATIENCE, "it has told what it had to", || late.handle.status().pending == 0);

    assert_eq!((one.state(), other.state()), (State::Open, State::Open));
}

#[test]
fn given_a_redis_that_wants_a_password_when_there_is_none_or_a_wrong_one_then_it_says_so() {
    let Some(server) = server() else { return };
    let mut connection = redis::Client::open(server.url()).unwrap().get_connection().unwrap();
    redis::cmd("CONFIG")
        .arg(&["SET", "requirepass", "s3cret!word"])
        .query::<()>(&mut connection)
        .unwrap();
    let address = address(&server);
    for url in [format!("redis://{address}"), format!("redis://:wr0ngword@{address}")] {
        let instance = Instance::new(&url, options(), settings());
        within(PATIENCE, "it is told", || instance.handle.status().problem.is_some());
        let said = format!("{:?} {:?}", instance.handle, instance.registry.alerts());
        assert!(said.contains("password"), "{said}");
        assert!(!said.contains("wr0ngword"), "{said}");
    }
    let right =
        Instance::connected(&format!("redis://:s3cret%21word@{address}"), options(), settings());
    assert!(!format!("{:?}", right.handle).contains("s3cret"));
}

#[test]
fn given_something_else_under_our_names_when_it_is_met_then_it_says_so() {
    let Some(server) = server() else { return };
    let mut connection = redis::Client::open(server.url()).unwrap().get_connection().unwrap();
    redis::cmd("SET")
        .arg(&["{shop}:v1:index", "a list of goods"])
        .query::<()>(&mut connection)
        .unwrap();

    let instance = Instance::new(&server.url(), options(), settings());

    within(PATIENCE, "it is told", || instance.handle.status().problem.is_some());
    let problem = instance.handle.status().problem.unwrap();
    assert!(problem.contains("choose another prefix"), "{problem}");
    assert!(instance.call(true));
}

#[test]
fn given_an_address_that_is_none_when_a_state_is_made_then_the_password_is_not_told() {
    for url in
        ["http://me:s3cret@host", "redis://me:s3cret@host:port", "redis://me:s3cret@", "s3cret"]
    {
        let error = cb_runtime::SharedState::redis(url, options()).unwrap_err();
        let said = format!("{error} {error:?}");
        assert!(said.contains("redis://HOST:PORT") && !said.contains("s3cret"), "{url}: {said}");
    }
    let state = cb_runtime::SharedState::redis("redis://me:s3cret@host", options()).unwrap();
    assert!(!format!("{state:?}").contains("s3cret"), "{state:?}");
}
