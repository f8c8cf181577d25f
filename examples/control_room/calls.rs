//! What the shop does: each function calls a service through a breaker.
//!
//! Operators have changed some of these settings in `circuit-breakers.toml`, which stands over the
//! attributes: `cbctl explain payments` tells which.

use cb_examples::service::Service;
use cb_runtime::{CircuitError, circuit_breaker};

use crate::fleet::{Fleet, SUPPLIERS, fleet};

/// Reads an order. Nothing works without the database: it is `critical`. While it is down, the check
/// finds out when it is back, so that no customer has to.
#[circuit_breaker(
    name = "shop/database",
    service_type = "database",
    critical,
    call_timeout = "400ms",
    health_check = ping_database
)]
pub(crate) async fn order(number: u32) -> Result<String, NoAnswer> {
    ask(|fleet| &fleet.database, &number.to_string()).await
}

async fn ping_database() -> Result<(), NoAnswer> {
    ask(|fleet| &fleet.database, "ping").await.map(drop)
}

/// Reads what was read before. Without the cache, the database is asked.
#[circuit_breaker(
    name = "shop/cache",
    service_type = "cache",
    failure_threshold = 4,
    call_timeout = "150ms",
    fallback = order
)]
pub(crate) async fn cached_order(number: u32) -> Result<String, NoAnswer> {
    ask(|fleet| &fleet.cache, &number.to_string()).await
}

/// Takes money. There is no answer in place of this one, so the customer is told.
#[circuit_breaker(
    name = "payments",
    service_type = "external_api",
    call_timeout = "300ms",
    max_concurrent = 32
)]
pub(crate) async fn pay(cents: u32) -> Result<String, NoAnswer> {
    ask(|fleet| &fleet.payments, &cents.to_string()).await
}

/// Finds products by what they are like; without the index, by keyword.
#[circuit_breaker(
    name = "product_search",
    service_type = "vector_search",
    failure_rate = 0.5,
    window = "10s",
    min_calls = 10,
    fallback = |query| Ok(format!("what is called {query}"))
)]
pub(crate) async fn search(query: &str) -> Result<String, NoAnswer> {
    ask(|fleet| &fleet.search, query).await
}

/// Answers customers in their own words. It may take its time, but not this long.
#[circuit_breaker(
    name = "assistant",
    service_type = "llm",
    slow_call = "200ms",
    slow_call_rate = 0.6,
    window = 20,
    min_calls = 8,
    call_timeout = "2s",
    retry(max_attempts = 2, delay = "50ms"),
    fallback = |_| Ok("A colleague will write to you.".to_owned())
)]
pub(crate) async fn advise(question: &str) -> Result<String, NoAnswer> {
    ask(|fleet| &fleet.assistant, question).await
}

/// Writes to a customer. What is not sent now is sent later, so nobody need be told.
#[circuit_breaker(
    name = "mail",
    service_type = "notification",
    call_timeout = "300ms",
    fallback = |_| Ok("queued".to_owned())
)]
pub(crate) async fn send(letter: &str) -> Result<String, NoAnswer> {
    ask(|fleet| &fleet.mail, letter).await
}

/// Asks a supplier for its stock. Each has a breaker of its own, for one may be down alone; the last good
/// answer will do for a minute.
#[circuit_breaker(
    name = "suppliers",
    service_type = "rest_api",
    key = supplier,
    call_timeout = "300ms",
    stale_if_error(max_age = "1m", key = supplier)
)]
pub(crate) async fn stock(supplier: &'static str) -> Result<String, NoAnswer> {
    ask(|fleet| supplied_by(fleet, supplier), "stock").await
}

fn supplied_by<'a>(fleet: &'a Fleet, name: &str) -> &'a Service {
    let at = SUPPLIERS.iter().position(|supplier| *supplier == name);
    &fleet.suppliers[at.unwrap_or_default()]
}

/// Why a service gave no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum NoAnswer {
    #[error("{0}")]
    Service(String),
    /// The breaker turned the call away, or it took too long.
    #[error(transparent)]
    Circuit(#[from] CircuitError),
}

impl From<reqwest::Error> for NoAnswer {
    fn from(error: reqwest::Error) -> Self {
        Self::Service(match error.status() {
            Some(status) => format!("the service answered {status}"),
            None => "the service gave no answer".to_owned(),
        })
    }
}

async fn ask(service: impl FnOnce(&Fleet) -> &Service, question: &str) -> Result<String, NoAnswer> {
    let fleet = fleet().ok_or_else(|| NoAnswer::Service("it was not started".to_owned()))?;
    let url = format!("{}/{question}", service(fleet).url());
    let response = fleet.http.get(url).send().await?.error_for_status()?;
    Ok(response.text().await?)
}
