//! The hub: texts are put in many at once, and found on the first of three levels that answers.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use cb_examples::service;
use cb_runtime::{CircuitError, circuit_breaker};
use deadpool_postgres::{Pool, PoolError, Runtime};
use redis::{
    AsyncCommands, RedisError,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use serde::Serialize;
use tokio_postgres::NoTls;

use crate::models::{Embedding, ModelError, Models};

/// What is found is not looked for again in this time.
const CACHED: Duration = Duration::from_secs(5 * 60);

/// Nobody waits for the cache longer than this.
const PATIENCE: Duration = Duration::from_millis(500);

pub(crate) struct Hub {
    pub(crate) models: Models,
    cache: ConnectionManager,
    cache_hits: AtomicU64,
    http: reqwest::Client,
    vectors: String,
    database: Pool,
}

/// Where all that is.
pub(crate) struct Addresses {
    pub(crate) redis: String,
    pub(crate) database: String,
    pub(crate) vectors: String,
    pub(crate) models: String,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Found {
    pub(crate) texts: Vec<String>,
    pub(crate) level: Level,
}

/// Where something was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Level {
    Cache,
    Vectors,
    Database,
}

/// What has become of texts that were put in.
#[derive(Serialize)]
pub(crate) struct Added {
    pub(crate) topics: Vec<String>,
    /// If not, they are found by their words alone.
    pub(crate) by_meaning: bool,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum HubError {
    #[error("the cache gave no answer")]
    Cache(#[from] RedisError),
    #[error("the cache holds what this program cannot read")]
    Unreadable(#[from] serde_json::Error),
    #[error("the vector search gave no answer")]
    Vectors(#[from] reqwest::Error),
    #[error("the database gave no answer")]
    Database(#[from] PoolError),
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A breaker turned the call away, or it took too long.
    #[error(transparent)]
    Unavailable(#[from] CircuitError),
}

impl Hub {
    /// The database must be there; the others may come later.
    pub(crate) async fn open(addresses: Addresses) -> anyhow::Result<Self> {
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE))
            // A search that comes while it is down need not wait until it is back.
            .set_number_of_retries(0);
        let client = redis::Client::open(addresses.redis)?;
        let mut pool = deadpool_postgres::Config::new();
        pool.url = Some(addresses.database);
        let database = pool.create_pool(Some(Runtime::Tokio1), NoTls)?;
        let table = "CREATE TABLE IF NOT EXISTS texts (text TEXT PRIMARY KEY)";
        database.get().await?.batch_execute(table).await?;
        Ok(Self {
            models: Models::new(addresses.models)?,
            cache: ConnectionManager::new_lazy_with_config(client, config)?,
            cache_hits: AtomicU64::new(0),
            http: service::client()?,
            vectors: addresses.vectors,
            database,
        })
    }

    /// Finds texts on the first level that answers.
    pub(crate) async fn search(&self, query: &str) -> Result<Found, HubError> {
        if let Some(texts) = self.cached(query).await? {
            self.cache_hits.fetch_add(1, Ordering::Relaxed);
            return Ok(Found { texts, level: Level::Cache });
        }
        let embedding = self.models.embed(query).await?;
        let found = self.by_meaning(query, &embedding).await?;
        // What only the words have found would hide for five minutes that the vector search is back.
        if found.level == Level::Vectors {
            self.cache(query, &found.texts).await?;
        }
        Ok(found)
    }

    /// Puts texts in. They must be in the database, and can be in the vector search.
    pub(crate) async fn add(&self, texts: &[String]) -> Result<Added, HubError> {
        let topics = self.models.classify_all(texts).await?;
        let embeddings = self.models.embed_all(texts).await?;
        self.store(texts).await?;
        let by_meaning = self.index(texts, &embeddings).await?;
        Ok(Added { topics, by_meaning })
    }

    /// How many searches the cache has answered.
    pub(crate) fn cache_hits(&self) -> u64 {
        self.cache_hits.load(Ordering::Relaxed)
    }

    /// A cache that is down is one that has nothing.
    #[circuit_breaker(
        name = "search_cache",
        service_type = "cache",
        call_timeout = PATIENCE,
        fallback = |_| Ok(None)
    )]
    async fn cached(&self, query: &str) -> Result<Option<Vec<String>>, HubError> {
        let texts: Option<String> = self.cache.clone().get(cache_key(query)).await?;
        Ok(texts.map(|json| serde_json::from_str(&json)).transpose()?)
    }

    #[circuit_breaker(
        name = "search_cache",
        service_type = "cache",
        call_timeout = PATIENCE,
        fallback = |_, _| Ok(())
    )]
    async fn cache(&self, query: &str, texts: &[String]) -> Result<(), HubError> {
        let json = serde_json::to_string(texts)?;
        Ok(self.cache.clone().set_ex(cache_key(query), json, CACHED.as_secs()).await?)
    }

    #[circuit_breaker(
        name = "vector_search",
        service_type = "vector_search",
        call_timeout = "700ms",
        fallback = Self::by_words
    )]
    async fn by_meaning(&self, _query: &str, embedding: &Embedding) -> Result<Found, HubError> {
        let request = self.http.post(format!("{}/search", self.vectors)).json(embedding);
        let texts = request.send().await?.error_for_status()?.json().await?;
        Ok(Found { texts, level: Level::Vectors })
    }

    /// The last level: there is nothing to answer in its place.
    #[circuit_breaker(name = "database", service_type = "database", call_timeout = "2s")]
    async fn by_words(&self, query: &str, _: &Embedding) -> Result<Found, HubError> {
        let statement = "SELECT text FROM texts \
                         WHERE to_tsvector('english', text) @@ plainto_tsquery('english', $1)";
        let rows = self.database.get().await?.query(statement, &[&query]).await;
        let texts = rows.map_err(PoolError::from)?.iter().map(|row| row.get(0)).collect();
        Ok(Found { texts, level: Level::Database })
    }

    #[circuit_breaker(name = "database", service_type = "database", call_timeout = "2s")]
    async fn store(&self, texts: &[String]) -> Result<(), HubError> {
        let statement = "INSERT INTO texts (text) VALUES ($1) ON CONFLICT DO NOTHING";
        let database = self.database.get().await?;
        for text in texts {
            database.execute(statement, &[text]).await.map_err(PoolError::from)?;
        }
        Ok(())
    }

    /// Says whether they will be found by what they mean.
    #[circuit_breaker(
        name = "vector_search",
        service_type = "vector_search",
        call_timeout = "2s",
        fallback = |_, _| Ok(false)
    )]
    async fn index(&self, texts: &[String], embeddings: &[Embedding]) -> Result<bool, HubError> {
        let both: Vec<_> = embeddings.iter().zip(texts).collect();
        let request = self.http.post(format!("{}/texts", self.vectors)).json(&both);
        request.send().await?.error_for_status()?;
        Ok(true)
    }
}

fn cache_key(query: &str) -> String {
    format!("knowledge_hub:search:v1:{query}")
}
