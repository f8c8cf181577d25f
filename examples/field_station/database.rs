//! What was heard, in PostgreSQL.

use std::{error::Error, time::Duration};

use cb_runtime::{CircuitError, circuit_breaker};
use deadpool_postgres::{
    Config, Pool, PoolError, Runtime,
    tokio_postgres::{self, NoTls, error::SqlState},
};
use serde::{Deserialize, Serialize};

use crate::queue::{Done, Full, Queue};

/// Twelve readers and four writers: as many as the breakers let pass at a time.
const CONNECTIONS: usize = 16;

/// How long a database that only reads is left alone before it is asked whether it writes again.
const READ_ONLY: Duration = Duration::from_secs(1);

/// Who was heard where. The recording makes keeping it twice the same as once: of a write that
/// took too long nobody knows whether it was done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sighting {
    pub(crate) recording: String,
    pub(crate) microphone: String,
    pub(crate) birds: Vec<String>,
}

pub(crate) struct Database {
    pool: Pool,
    pub(crate) later: Queue<Sighting>,
}

impl Database {
    /// The server need not be there yet.
    pub(crate) fn new(url: &str) -> anyhow::Result<Self> {
        let mut config = Config::new();
        config.url = Some(url.to_owned());
        config.connect_timeout = Some(Duration::from_secs(2));
        let builder = config.builder(NoTls)?.max_size(CONNECTIONS).runtime(Runtime::Tokio1);
        Ok(Self { pool: builder.build()?, later: Queue::with_room_for(10_000) })
    }

    /// What a microphone has heard, the latest first.
    #[circuit_breaker(
        name = "database/read",
        service_type = "database",
        critical,
        call_timeout = "2s",
        max_concurrent = 12
    )]
    pub(crate) async fn sightings(&self, microphone: &str) -> Result<Vec<Sighting>, DatabaseError> {
        let client = self.pool.get().await?;
        let select = client
            .prepare_cached(
                "SELECT sighting FROM sightings WHERE microphone = $1
                 ORDER BY kept_at DESC LIMIT 100",
            )
            .await?;
        let rows = client.query(&select, &[&microphone]).await?;
        rows.iter().map(|row| Ok(serde_json::from_str(row.try_get(0)?)?)).collect()
    }

    /// Keeps a sighting, now or when the database takes it. While this breaker is open and that of the
    /// readers is closed, the station is in its read-only mode: by itself where the server says that it is
    /// a replica or under maintenance, and by an operator's hand with `cbctl mode database/write forced-open`.
    #[circuit_breaker(
        name = "database/write",
        service_type = "database",
        call_timeout = "5s",
        max_concurrent = 4,
        open_for = DatabaseError::read_only,
        fallback = Self::put_by
    )]
    pub(crate) async fn keep(&self, sighting: &Sighting) -> Result<Done, DatabaseError> {
        let client = self.pool.get().await?;
        let insert = client
            .prepare_cached(
                "INSERT INTO sightings VALUES ($1, $2, $3) ON CONFLICT (recording) DO NOTHING",
            )
            .await?;
        let text = serde_json::to_string(sighting)?;
        client.execute(&insert, &[&sighting.recording, &sighting.microphone, &text]).await?;
        Ok(Done::Now)
    }

    fn put_by(&self, sighting: &Sighting) -> Result<Done, DatabaseError> {
        Ok(self.later.put_by(sighting.clone())?)
    }

    /// Makes what a new database needs. As the health check, too: a database that was away may have come back as a
    /// replica, or empty; so no sighting has to find out, and those that wait need not wait for the next one.
    pub(crate) async fn prepare(&self) -> Result<(), DatabaseError> {
        let create = "CREATE TABLE IF NOT EXISTS sightings (
            recording text PRIMARY KEY, microphone text NOT NULL, sighting text NOT NULL,
            kept_at timestamptz NOT NULL DEFAULT now())";
        Ok(self.pool.get().await?.batch_execute(create).await?)
    }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum DatabaseError {
    #[error("the database did not do it: {}", reason(.0))]
    Postgres(#[from] tokio_postgres::Error),
    #[error("there is no connection to the database: {0}")]
    Pool(PoolError),
    #[error("the database holds something else: {0}")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Later(#[from] Full),
    #[error(transparent)]
    Circuit(#[from] CircuitError),
}

impl From<PoolError> for DatabaseError {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) => Self::Postgres(error),
            other => Self::Pool(other),
        }
    }
}

impl DatabaseError {
    /// A server that only reads says so: there is no need to ask it a second time.
    fn read_only(&self) -> Option<Duration> {
        let Self::Postgres(error) = self else { return None };
        (error.code() == Some(&SqlState::READ_ONLY_SQL_TRANSACTION)).then_some(READ_ONLY)
    }
}

/// The server's own words or the system's, which the error itself leaves to its source.
fn reason(error: &tokio_postgres::Error) -> String {
    match (error.as_db_error(), error.source()) {
        (Some(error), _) => error.message().to_owned(),
        (None, Some(source)) => source.to_string(),
        (None, None) => error.to_string(),
    }
}
