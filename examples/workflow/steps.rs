//! The steps of the workflow. Each calls a service, and does what it can without one.
//!
//! What is known of services of a kind comes with the `service_type`; what is written beside it is known of
//! this one. The times are those of a program at work. Those of the story are in
//! `../config/circuit-breakers.toml`, which stands over the attributes.

use cb_runtime::{CircuitError, circuit_breaker};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Finds articles. While the index is down, the program's own keywords will do.
#[circuit_breaker(
    name = "vector_search",
    service_type = "vector_search", // a preset: it stays open for a minute, and then is tried again
    failure_threshold = 2,          // failures in a row that open the breaker; the preset has 5
    success_threshold = 1,          // of two that the preset wants of a service before it trusts it again
    call_timeout = "2s",            // a slower call is dropped and counts as a failure
    fallback = |_, question| Ok(by_keyword(question)) // answers when the service does not
)]
pub(crate) async fn search(services: &Services, question: &Question) -> Result<Found, StepError> {
    let titles = services.post(&services.vector_search, question).await?;
    Ok(Found { titles, source: Source::Index })
}

fn by_keyword(question: &Question) -> Found {
    let titles = vec![format!("All about {}", question.topic)];
    Found { titles, source: Source::Keywords }
}

/// Sums up articles. There is nothing to answer with in its place: an item can do without.
#[circuit_breaker(
    name = "llm",
    service_type = "llm", // its preset has a `call_timeout` too: 30 s
    failure_threshold = 4,
    retry(max_attempts = 2, delay = "1s") // each attempt is a call of its own for the breaker
)]
pub(crate) async fn summarize(services: &Services, titles: &[String]) -> Result<String, StepError> {
    services.post(&services.llm, titles).await
}

/// Keeps an item. Without the database there is no use in going on: it is `critical`.
#[circuit_breaker(
    name = "database",
    service_type = "database",
    critical,
    failure_threshold = 2,
    success_threshold = 1
)]
pub(crate) async fn store(services: &Services, item: &Digest) -> Result<(), StepError> {
    services.post(&services.database, item).await
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum StepError {
    #[error("the service gave no answer")]
    Service(#[from] reqwest::Error),
    /// The breaker turned the call away, or it took too long.
    #[error(transparent)]
    Circuit(#[from] CircuitError),
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Question {
    pub(crate) topic: String,
    pub(crate) most: usize,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Found {
    pub(crate) titles: Vec<String>,
    pub(crate) source: Source,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Source {
    Index,
    Keywords,
}

/// What is made of an item.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Digest {
    pub(crate) number: u32,
    pub(crate) found: Found,
    pub(crate) summary: Option<String>,
}

/// Where the services are.
pub(crate) struct Services {
    http: reqwest::Client,
    vector_search: String,
    llm: String,
    database: String,
}

impl Services {
    pub(crate) fn new([vector_search, llm, database]: [String; 3]) -> reqwest::Result<Self> {
        Ok(Self { http: cb_examples::service::client()?, vector_search, llm, database })
    }

    async fn post<A: DeserializeOwned>(
        &self,
        url: &str,
        question: &(impl Serialize + ?Sized),
    ) -> Result<A, StepError> {
        let response = self.http.post(url).json(question).send().await?.error_for_status()?;
        Ok(response.json().await?)
    }
}
