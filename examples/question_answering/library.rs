//! Passages: by meaning from the vector store, by their words from PostgreSQL, fresh ones from the crawler.

use std::time::Duration;

use cb_runtime::{CircuitError, circuit_breaker};
use deadpool_postgres::{
    Config, Pool, PoolError, Runtime,
    tokio_postgres::{self, NoTls},
};
use serde_json::json;

use crate::{
    Places,
    texts::{PASSAGES, topic},
};

pub(crate) struct Library {
    http: reqwest::Client,
    vector_store: String,
    crawler: String,
    database: Pool,
}

/// Where passages come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum By {
    Meaning,
    Words,
}

impl Library {
    /// Nothing of it need be there yet.
    pub(crate) fn new(http: reqwest::Client, places: &Places) -> anyhow::Result<Self> {
        let mut config = Config::new();
        config.url = Some(places.database.clone());
        config.connect_timeout = Some(Duration::from_secs(2));
        let database = config.builder(NoTls)?.max_size(8).runtime(Runtime::Tokio1).build()?;
        let Places { vector_store, crawler, .. } = places.clone();
        Ok(Self { http, vector_store, crawler, database })
    }

    /// Passages that are near to the question; where the vector store is down, those that share its words.
    #[circuit_breaker(
        name = "vector_store",
        service_type = "vector_search",
        call_timeout = "3s",
        slow_call = "1s",
        window = "1m",
        fallback = Self::with_words
    )]
    pub(crate) async fn similar(&self, question: &str) -> Result<(Vec<String>, By), LibraryError> {
        let request = self.http.post(format!("{}/search", self.vector_store));
        let response = request.json(&json!({ "text": question, "limit": 3 })).send().await?;
        Ok((response.error_for_status()?.json().await?, By::Meaning))
    }

    /// Nothing stands in for this one: what comes of it is for people to read, see `api.rs`.
    #[circuit_breaker(
        name = "database",
        service_type = "database",
        call_timeout = "2s",
        max_concurrent = 8
    )]
    async fn with_words(&self, question: &str) -> Result<(Vec<String>, By), LibraryError> {
        let client = self.database.get().await?;
        let select = "SELECT passage FROM passages WHERE passage ILIKE '%' || $1 || '%' LIMIT 3";
        let select = client.prepare_cached(select).await?;
        let rows = client.query(&select, &[&topic(question)]).await?;
        let found = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
        Ok((found, By::Words))
    }

    /// Keeps what was answered, for those who make the answers better. They can do without some: a failure is
    /// theirs to see in the metrics, and no reason to keep anybody waiting.
    #[circuit_breaker(name = "database", call_timeout = "1s", fallback = |_, _| Ok(()))]
    pub(crate) async fn remember(&self, question: &str, answer: &str) -> Result<(), LibraryError> {
        let client = self.database.get().await?;
        let insert = client.prepare_cached("INSERT INTO history VALUES ($1, $2)").await?;
        client.execute(&insert, &[&question, &answer]).await?;
        Ok(())
    }

    /// What is new on a matter; of yesterday where the crawler is down, and nothing where it was never asked.
    #[circuit_breaker(
        name = "crawler",
        service_type = "crawler",
        call_timeout = "10s",
        max_concurrent = 4,
        stale_if_error(max_age = "1day", key = topic, capacity = 500),
        fallback = |_| Ok(None)
    )]
    pub(crate) async fn news(&self, topic: &str) -> Result<Option<String>, LibraryError> {
        let request = self.http.get(format!("{}/news/{topic}", self.crawler));
        Ok(Some(request.send().await?.error_for_status()?.text().await?))
    }

    /// Fills a new database.
    pub(crate) async fn fill(&self) -> Result<(), LibraryError> {
        let client = self.database.get().await?;
        client
            .batch_execute("CREATE TABLE IF NOT EXISTS history (question text, answer text)")
            .await?;
        client
            .batch_execute("CREATE TABLE IF NOT EXISTS passages (passage text PRIMARY KEY)")
            .await?;
        let insert = "INSERT INTO passages VALUES ($1) ON CONFLICT DO NOTHING";
        let insert = client.prepare_cached(insert).await?;
        for passage in PASSAGES {
            client.execute(&insert, &[&passage]).await?;
        }
        Ok(())
    }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum LibraryError {
    #[error("the service gave no answer: {0}")]
    Http(reqwest::Error),
    #[error("the database could not do it: {0}")]
    Postgres(#[from] tokio_postgres::Error),
    #[error("there is no connection to the database: {0}")]
    Pool(#[from] PoolError),
    #[error(transparent)]
    Circuit(#[from] CircuitError),
}

impl From<reqwest::Error> for LibraryError {
    fn from(error: reqwest::Error) -> Self {
        // Addresses and questions are nobody's business.
        Self::Http(error.without_url())
    }
}
