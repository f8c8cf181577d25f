//! Stale answers that all instances of a program share, in Redis: `cargo run --example stale_redis`.
//!
//! `store.rs` is all that a program needs, to be copied and changed. The rest starts a Redis server, lets
//! a service die, and shows what a second instance of the program answers, which has never had an answer
//! from that service itself.

mod server;
mod store;

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use cb_runtime::{StaleStore, circuit_breaker};
use serde::{Deserialize, Serialize};
use server::RedisServer;
use store::RedisStore;
use tokio::time::sleep;

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

#[derive(Debug, thiserror::Error)]
enum PriceError {
    #[error("the price service is down")]
    Down,
    #[error("nobody has had a price of this article lately")]
    Unknown,
}

#[circuit_breaker(name = "prices", failure_threshold = 3, fallback = known_price)]
async fn price(shop: &Shop<'_>, article: &str) -> Result<Price, PriceError> {
    if !shop.service.is_up.load(Ordering::Relaxed) {
        return Err(PriceError::Down);
    }
    let price = Price { cents: 250 };
    shop.answers.put(article.to_owned(), price.clone());
    Ok(price)
}

async fn known_price(shop: &Shop<'_>, article: &str) -> Result<Price, PriceError> {
    let answer = shop.answers.get(&article.to_owned()).await;
    match answer.filter(|answer| answer.age <= MAX_AGE) {
        Some(answer) => {
            println!("  (from Redis, {} ms old)", answer.age.as_millis());
            Ok(answer.value)
        }
        None => Err(PriceError::Unknown),
    }
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

    println!("Redis is process {}.", server.id());
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

fn explain(price: Result<Price, PriceError>) -> String {
    match price {
        Ok(price) => format!("{price:?}"),
        Err(error) => error.to_string(),
    }
}
