//! A store of stale answers in Redis: all instances of a program share what one of them has learnt.

use std::{marker::PhantomData, time::Duration};

use cb_runtime::{StaleAnswer, StaleStore};
use redis::{
    AsyncCommands, Client, RedisError, RedisResult,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::{
    sync::mpsc::{Receiver, Sender, channel},
    time::{Instant, timeout},
};

/// So many answers wait for Redis at most. What comes on top of them is not kept.
const MOST_WAITING: usize = 1_000;

/// Keeps answers in Redis. If Redis is down or slow, nothing is kept and nothing is found, and nobody
/// waits for it longer than `patience`.
pub(crate) struct RedisStore<K, V> {
    redis: ConnectionManager,
    prefix: String,
    patience: Duration,
    waiting: Sender<Answer<K, V>>,
    value: PhantomData<fn() -> V>,
}

/// What is to be written.
struct Answer<K, V> {
    key: K,
    value: V,
    since: Instant,
}

/// What Redis holds. A program that has another type under the same prefix cannot read it, and takes it
/// for none; one whose type has the same form and another meaning needs another prefix.
#[derive(Serialize, Deserialize)]
struct Stored<V> {
    /// For how long it was to be kept, in milliseconds. Redis knows how much of that is left, and so how
    /// old it is: no clocks of several computers are compared.
    kept_for: u64,
    value: V,
}

impl<K, V> RedisStore<K, V>
where
    K: Serialize + Send + Sync + 'static,
    V: Serialize + DeserializeOwned + Send + 'static,
{
    /// A store of answers whose keys in Redis begin with `prefix`, for as long as `keep_for`: the
    /// `max_age` of the function. Redis need not be there yet. Must be called on a tokio runtime.
    pub(crate) fn new(url: &str, prefix: &str, keep_for: Duration) -> RedisResult<Self> {
        let patience = Duration::from_millis(200);
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(patience))
            .set_response_timeout(Some(patience))
            .set_max_delay(Duration::from_secs(1));
        let redis = ConnectionManager::new_lazy_with_config(Client::open(url)?, config)?;
        let (waiting, answers) = channel(MOST_WAITING);
        let writer = Writer { redis: redis.clone(), prefix: prefix.to_owned(), patience, keep_for };
        tokio::spawn(writer.write(answers));
        Ok(Self { redis, prefix: prefix.to_owned(), patience, waiting, value: PhantomData })
    }

    async fn read(&self, key: &K) -> Result<Option<StaleAnswer<V>>, Failure> {
        let name = name(&self.prefix, key)?;
        // In one transaction, so that both are of the same answer.
        let mut both = redis::pipe();
        both.atomic().get(&name).pttl(&name);
        let (text, left): (Option<Vec<u8>>, i64) =
            both.query_async(&mut self.redis.clone()).await?;
        let Some(text) = text else { return Ok(None) };
        let stored: Stored<V> = serde_json::from_slice(&text)?;
        // Negative, if it does not expire: then this program has not written it.
        let age = u64::try_from(left).ok().and_then(|left| stored.kept_for.checked_sub(left));
        Ok(age.map(|age| StaleAnswer::new(stored.value, Duration::from_millis(age))))
    }
}

impl<K, V> StaleStore<K, V> for RedisStore<K, V>
where
    K: Serialize + Send + Sync + 'static,
    V: Serialize + DeserializeOwned + Send + 'static,
{
    fn put(&self, key: K, value: V) {
        // Never waits: when Redis is too slow, an answer is not kept.
        let _ = self.waiting.try_send(Answer { key, value, since: Instant::now() });
    }

    async fn get(&self, key: &K) -> Option<StaleAnswer<V>> {
        // An answer that cannot be had is none. A program may want to log why.
        timeout(self.patience, self.read(key)).await.ok()?.ok()?
    }
}

/// Writes to Redis what has been put, until the store is dropped.
struct Writer {
    redis: ConnectionManager,
    prefix: String,
    patience: Duration,
    keep_for: Duration,
}

impl Writer {
    async fn write<K: Serialize, V: Serialize>(self, mut answers: Receiver<Answer<K, V>>) {
        while let Some(answer) = answers.recv().await {
            // What fails is not tried again: the next answer of the service is a better one.
            let _ = timeout(self.patience, self.write_one(answer)).await;
        }
    }

    async fn write_one<K: Serialize, V: Serialize>(
        &self,
        Answer { key, value, since }: Answer<K, V>,
    ) -> Result<(), Failure> {
        let kept_for = u64::try_from(self.keep_for.as_millis()).unwrap_or(u64::MAX);
        let text = serde_json::to_vec(&Stored { kept_for, value })?;
        let name = name(&self.prefix, &key)?;
        // Its age is counted from when it came, not from when its turn did.
        let left = self.keep_for.saturating_sub(since.elapsed());
        let left = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
        if left > 0 {
            let () = self.redis.clone().pset_ex(name, text, left).await?;
        }
        Ok(())
    }
}

fn name<K: Serialize>(prefix: &str, key: &K) -> Result<String, Failure> {
    Ok(format!("{prefix}:{}", serde_json::to_string(key)?))
}

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("Redis did not do it")]
    Redis(#[from] RedisError),
    #[error("it is no JSON of this type")]
    Json(#[from] serde_json::Error),
}
