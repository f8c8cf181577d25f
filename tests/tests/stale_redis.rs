//! The store of the example `stale_redis`, against a real Redis that is killed and frozen.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a helper of a test fails the test")]

#[path = "../../examples/stale_redis/store.rs"]
mod store;

use std::{
    env,
    process::Command,
    time::{Duration, Instant},
};

use cb_examples::redis::{RedisServer, StartError};
use cb_runtime::{StaleAnswer, StaleStore};
use redis::AsyncCommands;
use serde::{Serialize, de::DeserializeOwned};
use store::RedisStore;
use tokio::time::sleep;

const HOUR: Duration = Duration::from_secs(3_600);
/// Twice what the store waits for Redis, and some for a slow computer.
const NOT_LONG: Duration = Duration::from_secs(2);

/// `None` where there is no Redis: said aloud, and a failure in CI.
fn server() -> Option<RedisServer> {
    match RedisServer::start() {
        Ok(server) => Some(server),
        Err(StartError::NotInstalled) if env::var_os("CI").is_none() => {
            eprintln!("skipped: {}", StartError::NotInstalled);
            None
        }
        Err(error) => panic!("{error}"),
    }
}

fn open<V: Serialize + DeserializeOwned + Send + 'static>(
    server: &RedisServer,
) -> RedisStore<String, V> {
    RedisStore::new(&server.url(), "test", HOUR).unwrap()
}

async fn commands(server: &RedisServer) -> redis::aio::MultiplexedConnection {
    let client = redis::Client::open(server.url()).unwrap();
    client.get_multiplexed_async_connection().await.unwrap()
}

fn bread() -> String {
    "bread".to_owned()
}

/// What is put arrives a little later, as after a pause of Redis's own.
async fn arrived(store: &RedisStore<String, u32>, value: u32) -> StaleAnswer<u32> {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        store.put(bread(), value);
        match store.get(&bread()).await {
            Some(answer) if answer.value == value => return answer,
            _ => assert!(Instant::now() < deadline, "it does not arrive"),
        }
        sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn given_an_answer_that_one_instance_has_put_when_another_one_looks_then_it_is_there() {
    let Some(server) = server() else { return };
    arrived(&open(&server), 250).await;
    let other = open::<u32>(&server);
    assert_eq!(other.get(&bread()).await.map(|answer| answer.value), Some(250));
    assert_eq!(other.get(&"milk".to_owned()).await, None);
    let elsewhere: RedisStore<String, u32> =
        RedisStore::new(&server.url(), "elsewhere", HOUR).unwrap();
    assert_eq!(elsewhere.get(&bread()).await, None);
}

#[tokio::test]
async fn given_an_answer_when_time_passes_in_redis_then_its_age_is_by_that() {
    let Some(server) = server() else { return };
    let store = open(&server);
    let fresh = arrived(&store, 250).await;
    assert!(fresh.age < Duration::from_secs(60), "{fresh:?}");

    // As if 50 of its 60 minutes were over.
    let mut redis = commands(&server).await;
    let () = redis.pexpire("test:\"bread\"", 600_000).await.unwrap();
    let old = store.get(&bread()).await.unwrap();
    let since = old.age.checked_sub(Duration::from_secs(50 * 60));
    assert!(since.is_some_and(|since| since < Duration::from_secs(60)), "{old:?}");

    // All of them.
    let () = redis.pexpire("test:\"bread\"", 1).await.unwrap();
    sleep(Duration::from_millis(2)).await;
    assert_eq!(store.get(&bread()).await, None);
}

#[tokio::test]
async fn given_what_cannot_be_read_when_it_is_looked_for_then_there_is_none() {
    let Some(server) = server() else { return };
    let store = open::<u32>(&server);
    arrived(&store, 250).await;
    // The type of the program has changed.
    assert_eq!(open::<String>(&server).get(&bread()).await, None);

    let mut redis = commands(&server).await;
    for text in ["", "{", "250", "{\"kept_for\":3600000}", "\u{0}"] {
        let () = redis.pset_ex("test:\"bread\"", text, 3_600_000).await.unwrap();
        assert_eq!(store.get(&bread()).await, None, "{text:?}");
    }
    // Does not expire, or later than it says: nobody knows how old it is.
    let () = redis.set("test:\"bread\"", "{\"kept_for\":1000,\"value\":1}").await.unwrap();
    assert_eq!(store.get(&bread()).await, None);
    let () = redis.pexpire("test:\"bread\"", 5_000_000).await.unwrap();
    assert_eq!(store.get(&bread()).await, None);
    // Is no text at all.
    let () = redis.del("test:\"bread\"").await.unwrap();
    let () = redis.rpush("test:\"bread\"", 1).await.unwrap();
    assert_eq!(store.get(&bread()).await, None);
    arrived(&store, 251).await;
}

#[tokio::test]
async fn given_redis_that_is_killed_when_answers_come_and_go_then_nobody_waits_and_later_it_goes_on()
 {
    let Some(server) = server() else { return };
    let store = open(&server);
    arrived(&store, 250).await;
    let port = server.url().rsplit(':').next().unwrap().parse().unwrap();
    drop(server);
    assert_nobody_waits(&store).await;

    let _server = RedisServer::start_on(port).unwrap();
    arrived(&store, 251).await;
}

#[cfg(unix)]
#[tokio::test]
async fn given_redis_that_is_frozen_when_answers_come_and_go_then_nobody_waits_and_later_it_goes_on()
 {
    let Some(server) = server() else { return };
    let store = open(&server);
    arrived(&store, 250).await;
    signal(&server, "-STOP");
    assert_nobody_waits(&store).await;
    signal(&server, "-CONT");
    arrived(&store, 251).await;
}

#[tokio::test]
async fn given_no_redis_when_the_store_is_made_then_it_is_made_and_works_later() {
    let Some(server) = server() else { return };
    let url = server.url();
    let port = url.rsplit(':').next().unwrap().parse().unwrap();
    drop(server);
    let store: RedisStore<String, u32> = RedisStore::new(&url, "test", HOUR).unwrap();
    assert_nobody_waits(&store).await;
    let _server = RedisServer::start_on(port).unwrap();
    arrived(&store, 250).await;
}

async fn assert_nobody_waits(store: &RedisStore<String, u32>) {
    let start = Instant::now();
    for number in 0..50_000 {
        store.put(bread(), number);
    }
    assert_eq!(store.get(&bread()).await, None);
    assert!(start.elapsed() < NOT_LONG, "{:?}", start.elapsed());
}

#[cfg(unix)]
fn signal(server: &RedisServer, signal: &str) {
    let id = server.id().to_string();
    assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
}
