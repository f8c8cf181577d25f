//! A circuit breaker in a quarter of a minute: `cargo run --example quickstart`.
//!
//! The function `price` is all that a program needs. The rest gives it a service to call, makes that
//! service fail, and shows what happens.

mod service;
mod story;
mod summary;
mod timeline;

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::Context;
use cb_runtime::circuit_breaker;

/// What a product costs. Every call of this function goes through the breaker "prices".
#[circuit_breaker(
    name = "prices",
    failure_threshold = 3,      // failures in a row that open the breaker
    recovery_timeout = "2s",    // how long it stays open; then one call, the probe, tries again
    call_timeout = "300ms",     // a slower call is dropped and counts as a failure
    fallback = last_known_price // answers when the service fails or is not asked
)]
async fn price(shop: &Shop, product: &str) -> Result<Price, PriceError> {
    let url = format!("{}/price/{product}", shop.service_url);
    let response = shop.http.get(url).send().await?.error_for_status()?;
    let cents = response.json().await?;
    shop.remember(product, cents);
    Ok(Price { cents, source: Source::Service })
}

/// The fallback: same arguments, same return type. It may be `async` as well.
fn last_known_price(shop: &Shop, product: &str) -> Result<Price, PriceError> {
    let cents = shop.known_prices().get(product).copied().ok_or(PriceError::Unknown)?;
    Ok(Price { cents, source: Source::Memory })
}

/// A price, and how fresh it is: whoever shows it can say so.
struct Price {
    cents: u32,
    source: Source,
}

enum Source {
    Service,
    Memory,
}

#[derive(Debug, thiserror::Error)]
enum PriceError {
    #[error("the price service did not give a price")]
    Service(#[from] reqwest::Error),
    #[error("no price of this product is known yet")]
    Unknown,
}

/// What the shop needs to ask for prices, and to do without an answer for a while.
struct Shop {
    http: reqwest::Client,
    service_url: String,
    known_prices: Mutex<HashMap<String, u32>>,
}

impl Shop {
    fn new(service_url: String) -> reqwest::Result<Self> {
        Ok(Self {
            http: cb_examples::service::client()?,
            service_url,
            known_prices: Mutex::default(),
        })
    }

    fn remember(&self, product: &str, cents: u32) {
        self.known_prices().insert(product.to_owned(), cents);
    }

    fn known_prices(&self) -> MutexGuard<'_, HashMap<String, u32>> {
        // Each change of the map is a single step, so it is sound even after a panic elsewhere.
        self.known_prices.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The story takes some 12 seconds. It goes by what happens rather than by the clock, so it needs
/// an end for the case that something expected never happens.
const AT_MOST: Duration = Duration::from_secs(19);

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    tokio::time::timeout(AT_MOST, story::tell(anstream::stdout()))
        .await
        .context("the story has not come to its end in time")?
}
