//! How loud each microphone is, as its keeper has set it: in Redis, and behind that in memory and on disk.

use std::{path::Path, time::Duration};

use cb_runtime::{CircuitError, DiskStore, circuit_breaker};
use redis::{
    AsyncCommands, Client, RedisError,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use serde::{Deserialize, Serialize};

/// What a microphone's values are multiplied by.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Calibration {
    pub(crate) gain: f64,
}

impl Calibration {
    /// Of a microphone that nobody has calibrated.
    const NEUTRAL: Self = Self { gain: 1.0 };
}

/// The calibrations of all microphones.
pub(crate) struct Calibrations {
    redis: ConnectionManager,
    /// The last good ones. They survive a restart of the station.
    kept: DiskStore<String, Calibration>,
}

impl Calibrations {
    /// Redis need not be there yet.
    pub(crate) async fn open(url: &str, directory: &Path) -> anyhow::Result<Self> {
        let patience = Duration::from_millis(500);
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(patience))
            .set_response_timeout(Some(patience))
            .set_number_of_retries(1)
            .set_max_delay(patience);
        let redis = ConnectionManager::new_lazy_with_config(Client::open(url)?, config)?;
        let kept = DiskStore::builder(directory).disk(8 << 20).write_every(Duration::from_secs(1));
        Ok(Self { redis, kept: kept.open().await? })
    }

    /// A microphone's calibration. A cache that is down is nothing to wait for: what it said within the last
    /// week will do, and for a microphone that it was never asked about, the neutral one.
    #[circuit_breaker(
        name = "cache",
        service_type = "redis",
        call_timeout = "250ms",
        stale_if_error(max_age = "7days", key = microphone, store = &self.kept),
        fallback = |_| Ok(Calibration::NEUTRAL)
    )]
    pub(crate) async fn of(&self, microphone: &str) -> Result<Calibration, CacheError> {
        let name = format!("calibration:{microphone}");
        let gain: Option<f64> = self.redis.clone().get(name).await?;
        Ok(gain.map_or(Calibration::NEUTRAL, |gain| Calibration { gain }))
    }

    /// Writes what is not yet on disk, for an orderly end.
    pub(crate) async fn close(&self) {
        self.kept.close().await;
    }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum CacheError {
    #[error("Redis gave no answer: {0}")]
    Redis(#[from] RedisError),
    #[error(transparent)]
    Circuit(#[from] CircuitError),
}
