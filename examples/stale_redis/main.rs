//! Stale answers that all instances of a program share, in Redis: `cargo run --example stale_redis`.
//!
//! `store.rs` is all that a program needs, to be copied and changed. The rest starts a Redis server, lets
//! a service die, and shows what a second instance of the program answers, which has never had an answer
//! from that service itself.

mod store;

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use cb_examples::redis::RedisServer;
use cb_runtime::{StaleStore, circuit_breaker};
use serde::{Deserialize, Serialize};
use store::RedisStore;
use tokio::time::sleep;

const INTRO: &str = "\
Two instances of a shop ask one service for prices. Each price that it gives is
kept in Redis for all instances, to stand in while the service is down.";

/// How old a price may be.
const MAX_AGE: Duration = Duration::from_secs(600);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Price {
    cents: u32,
}

/// One instance of the program.
struct Shop<'a> {
    service: &'a Service,
    answers: RedisStore<String, Price>,
}

/// The service that all of them ask.
struct Service {
    is_up: AtomicBool,
}

/// Each price that the service gives is put into the store, under the article. When the service gives
/// none, the store is asked.
#[circuit_breaker(
    name = "prices",
    failure_threshold = 3,
    stale_if_error(max_age = MAX_AGE, key = article, store = &shop.answers)
)]
async fn price(shop: &Shop<'_>, article: &str) -> anyhow::Result<Price> {
    if !shop.service.is_up.load(Ordering::Relaxed) {
        anyhow::bail!("the price service is down");
    }
    Ok(Price { cents: 250 })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let server = RedisServer::start()?;
    let service = Service { is_up: AtomicBool::new(true) };
    let shop = || {
        let answers = RedisStore::new(&server.url(), "shop:prices:v1", MAX_AGE)?;
        anyhow::Ok(Shop { service: &service, answers })
    };
    let (first, second) = (shop()?, shop()?);

    println!("{INTRO}\nRedis is process {}.\n", server.id());
    println!("1. The service is up, and the first instance asks it.");
    println!("  bread: {:?}", price(&first, "bread").await?);
    arrival(&second, "bread").await?;

    println!("2. The service dies. The second instance has never had an answer from it.");
    service.is_up.store(false, Ordering::Relaxed);
    for _ in 0..4 {
        println!("  bread: {:?}", price(&second, "bread").await?);
    }
    println!("  milk: {}", explain(price(&second, "milk").await));

    println!("3. Redis dies too. There is no answer then, and nobody waits for it.");
    drop(server);
    println!("  bread: {}", explain(price(&second, "bread").await));

    println!("4. The service is up again, but the breaker is still open, and Redis is gone.");
    service.is_up.store(true, Ordering::Relaxed);
    println!("  bread: {}", explain(price(&first, "bread").await));
    Ok(())
}

/// What is put is written a little later; a demonstration has to wait for it.
async fn arrival(shop: &Shop<'_>, article: &str) -> anyhow::Result<()> {
    for _ in 0..200 {
        if shop.answers.get(&article.to_owned()).await.is_some() {
            return Ok(());
        }
        sleep(Duration::from_millis(10)).await;
    }
    anyhow::bail!("Redis has not taken the price of {article}")
}

fn explain(price: anyhow::Result<Price>) -> String {
    price.map_or_else(|error| error.to_string(), |price| format!("{price:?}"))
}
