//! What cannot work says so, clearly and once; breakers decide alone.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener},
    thread,
    time::Duration,
};

use cb_runtime::{Event, SharedState, State, Subscription};

use super::{node::Node, through_redis::*};

/// What an instance says that cannot share; calls go on.
fn problem(url: &str) -> String {
    let one = Instance::new(url, options(), settings());
    within(PATIENCE, "it is told", || one.handle.status().problem.is_some());
    assert!(one.call(true));
    one.trip();
    let said = one.handle.status().problem.unwrap();
    println!("{url}: {said}");
    said
}

#[test]
fn given_an_address_that_cannot_be_when_a_state_is_made_then_it_says_what_to_write() {
    for (url, says) in [
        ("", "does not begin with `redis://`"),
        ("cache.internal:6379", "does not begin with `redis://`"),
        ("http://me:s3cret@host", "does not begin with `redis://`"),
        ("redis:/me:s3cret@host", "does not begin with `redis://`"),
        ("redis://me:s3cret@", ""),
        ("redis://me:s3cret@host:port", ""),
        ("redis://me:s3cret@host:70000", ""),
        ("redis://me:s3cret@host/one", "database number"),
        ("redis://me:6/s3cret@host", "%2F"),
        ("redis://me:6?s3cret@host", "%3F"),
        ("redis://me:6#s3cret@host", "%23"),
        ("redis://me:s3cret@one,two", "redis+sentinel://"),
        ("redis://me:s3cret@0.0.0.0", "wildcard"),
        ("redis+sentinel://me:s3cret@one,two", "name of the service"),
        ("redis+sentinel://me:s3cret@one,/shop", ""),
        ("redis+sentinel://me:6/s3cret@one/shop", "%2F"),
        ("redis+sentinel://one/shop?password=s3cret", "sentinel_password"),
        ("redis+sentinel://one/shop/two", "database number"),
        ("redis+cluster://", ""),
        ("redis+cluster://me:s3cret@one,two:port", ""),
        ("redis+postgres://me:s3cret@one", "does not begin with"),
        ("unix://", ""),
    ] {
        let error = SharedState::redis(url, options()).unwrap_err();
        let said = error.to_string();
        println!("{url}\n    {said}");
        assert!(said.contains(says) && said.contains("redis://HOST:PORT"), "{url}: {said}");
        assert!(!format!("{said} {error:?}").contains("s3cret"), "{said}");
    }
}

#[test]
fn given_a_prefix_that_cannot_be_when_a_state_is_made_then_it_is_refused() {
    for prefix in ["", "{shop}", "sh}op"] {
        let error = SharedState::redis("redis://host", options().prefix(prefix)).unwrap_err();
        println!("{error}");
        assert!(error.to_string().contains("`prefix`"), "{error}");
    }
}

#[test]
fn given_a_time_that_cannot_be_when_a_state_is_made_then_it_says_which_and_its_bounds() {
    let (none, day) = (Duration::ZERO, Duration::from_secs(86_400));
    for (options, said) in [
        (
            options().lease_time(none),
            "`lease_time` must be at least 10ms and at most 1h, but is 0s",
        ),
        (options().lease_wait(day), "`lease_wait` must be at least 0s and at most 1m, but is 1day"),
        (
            options().read_again(none),
            "`read_again` must be at least 100ms and at most 1m, but is 0s",
        ),
        (options().timeout(day), "`timeout` must be at least 10ms and at most 1m, but is 1day"),
    ] {
        let error = SharedState::redis("redis://127.0.0.1", options).unwrap_err();
        assert_eq!(error.to_string(), said);
    }
}

#[cfg(not(feature = "redis-tls"))]
#[test]
fn given_an_address_with_tls_when_there_is_none_then_it_says_which_feature_is_missing() {
    for url in ["rediss://host", "rediss+sentinel://host/shop", "rediss+cluster://host"] {
        let error = SharedState::redis(url, options()).unwrap_err();
        assert!(error.to_string().contains("`redis-tls`"), "{error}");
    }
}

#[test]
fn given_nobody_or_somebody_else_at_the_address_when_an_instance_joins_then_it_says_so() {
    let nobody = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    assert!(problem(&format!("redis://{nobody}")).contains("refused"));
    assert!(problem("redis://no-such-host.invalid").contains("lookup"));
    assert!(problem("unix:///no/such/socket").contains("No such file"));

    let web = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = web.local_addr().unwrap();
    // Ends with the test's process.
    thread::spawn(move || {
        for mut stream in web.incoming().flatten() {
            let _ = stream.read(&mut [0; 1_024]);
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
        }
    });
    assert!(problem(&format!("redis://{address}")).contains("is it Redis"));
}

#[test]
fn given_a_server_that_cannot_serve_when_an_instance_joins_then_it_says_why() {
    let Some(server) = Node::start(&["--save", ""]) else { return };
    assert!(problem(&format!("{}/99", server.url())).contains("database"));
    let master = format!("127.0.0.1 {}", server.port);
    let replica = Node::start(&["--replicaof", &master, "--save", ""]).unwrap();
    within(PATIENCE, "it follows", || {
        replica.ask::<String>(&["INFO", "replication"]).contains("link_status:up")
    });
    assert!(problem(&replica.url()).contains("replica"));
    let settings = format!("sentinel monitor shop {master} 1\n");
    let sentinel = Node::with_file(&settings, &["--sentinel"]).unwrap();
    assert!(problem(&sentinel.url()).contains("redis+sentinel://"));
    let _: String = server.ask(&["CONFIG", "SET", "maxmemory", "1"]);
    assert!(problem(&server.url()).contains("memory"));
}

/// How often an instance has said that the store is away, and back.
fn told(events: &mut Subscription) -> (usize, usize) {
    let (mut away, mut back) = (0, 0);
    while let Some(event) = events.try_recv().unwrap() {
        match event {
            Event::StoreDegraded { .. } => away += 1,
            Event::StoreRestored { .. } => back += 1,
            _ => {}
        }
    }
    (away, back)
}

#[test]
fn given_keys_of_another_type_or_version_under_our_names_when_they_are_met_then_it_is_said_once() {
    let Some(server) = Node::start(&["--save", ""]) else { return };
    for foreign in [
        &["SET", "{shop}:v1:index", "goods"][..],
        &["SET", "{shop}:v1:forget", "goods"],
        &["SET", "{shop}:v1:living", "goods"],
        &["SET", "{shop}:v1:latest", "goods"],
        &["RPUSH", "{shop}:v1:latest", "goods"],
        &["SET", "{shop}:v1:born", "goods"],
        &["HSET", "{shop}:v1:born", "goods", "7"],
        &["SET", "{shop}:v1:b:db", "goods"],
        &["HSET", "{shop}:v1:b:db", "epoch", "two", "until", "soon", "kept", "well"],
    ] {
        let _: String = server.ask(&["FLUSHALL"]);
        let _: redis::Value = server.ask(foreign);
        let one = Instance::new(&server.url(), options(), settings());
        let mut events = one.registry.subscribe();
        one.trip();
        within(PATIENCE, &format!("{foreign:?} is told"), || one.handle.status().problem.is_some());
        let said = one.handle.status().problem.unwrap();
        println!("{foreign:?}: {said}");
        assert!(said.contains("choose another prefix"), "{said}");
        // It is met again with every try.
        thread::sleep(Duration::from_secs(2));
        assert_eq!(told(&mut events), (1, 0), "{foreign:?}");
        one.breaker.reset();
        assert!(one.call(true));

        let _: String = server.ask(&["FLUSHALL"]);
        one.trip();
        let other = Instance::connected(&server.url(), options(), settings());
        within(PATIENCE, "it is back", || one.handle.status().connected);
        within(PATIENCE, "they agree", || other.state() == State::Open);
        let mut heard = (0, 0);
        while heard.1 == 0 {
            // Told a moment after the status says so.
            let (away, back) = told(&mut events);
            heard = (heard.0 + away, heard.1 + back);
            thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(heard, (0, 1), "{foreign:?}");
    }
}

#[test]
fn given_what_others_publish_on_our_channel_when_it_is_heard_then_it_is_passed_over() {
    let Some(server) = Node::start(&["--save", ""]) else { return };
    let one = Instance::connected(&server.url(), options(), settings());
    let other = Instance::connected(&server.url(), options(), settings());
    for said in ["", "goods", "{}", "{\"n\":7}", "[1,2]", "\u{0}\u{1b}[2J"] {
        let _: u32 = server.ask(&["PUBLISH", "{shop}:v1:changes", said]);
    }
    one.trip();
    within(PATIENCE, "the other is open", || other.state() == State::Open);
    assert!(one.handle.status().connected && other.handle.status().connected);
}
