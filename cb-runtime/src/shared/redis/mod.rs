//! The store in Redis: one hash for each breaker, one script for each kind of change.
//!
//! All keys of a prefix have it as their hash tag, so that a cluster keeps them on one node and a script
//! may touch several: what is told of all breakers is bounded by how often they change, not by calls.

mod scripts;
pub(super) mod size;
#[cfg(all(test, not(cb_loom)))]
mod tests;

use std::fmt;

use redis::{
    AsyncConnectionConfig, Client, ErrorKind, IntoConnectionInfo, ProtocolVersion, PushInfo,
    PushKind, RedisError, ServerErrorKind, Value,
    aio::{AsyncPushSender, MultiplexedConnection, SendError},
};
use tokio::sync::mpsc::{self, error::TrySendError};

use self::scripts::Keys;
use super::{
    error::SharedStateError,
    options::SharedOptions,
    store::{Heard, Line, Store, Trouble},
    wire::{Reply, Request},
};

const WAITING: usize = 1_024;

/// Redis, and where in it.
pub(super) struct RedisStore {
    client: Client,
    timeout: std::time::Duration,
    keys: Keys,
    /// Its address and the prefix, for people.
    name: String,
    words: Words,
}

/// What is never to be shown.
#[derive(Clone)]
struct Words(Option<String>);

impl RedisStore {
    pub(super) fn new(url: &str, options: &SharedOptions) -> Result<Self, SharedStateError> {
        let refused = |error: RedisError| SharedStateError::Url(in_words_of_url(&error, url));
        let info = url.into_connection_info().map_err(refused)?;
        let settings = info.redis_settings().clone();
        let words = Words(settings.password().map(ToOwned::to_owned));
        // What is published comes over the same connection: when that is lost, so is this.
        let info = info.set_redis_settings(settings.set_protocol(ProtocolVersion::RESP3));
        let name = format!("redis at {}, prefix {}", info.addr(), options.prefix);
        let client = Client::open(info).map_err(refused)?;
        let keys = Keys::new(&options.prefix);
        Ok(Self { client, timeout: options.timeout, keys, name, words })
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Without what was given, in which there may be a password.
fn in_words_of_url(error: &RedisError, url: &str) -> String {
    let text = match error.detail() {
        Some(detail) if !url.contains(detail) && !detail.contains('@') => {
            format!("{} ({detail})", error.category())
        }
        _ => error.category().to_owned(),
    };
    text.to_lowercase()
}

impl Words {
    fn of(&self, error: &RedisError) -> Trouble {
        let text = match error.kind() {
            ErrorKind::AuthenticationFailed => {
                "it refuses the user or the password in the address".to_owned()
            }
            ErrorKind::RESP3NotSupported => "it is too old: Redis 6 or later is needed".to_owned(),
            ErrorKind::Server(ServerErrorKind::NoPerm) => {
                "the user in the address may not do this: it needs `+@scripting +@pubsub +@read +@write` on \
                 the keys and channels of the prefix"
                    .to_owned()
            }
            _ => match error.code() {
                Some("WRONGPASS" | "NOAUTH") => {
                    "it wants another user or password than those in the address".to_owned()
                }
                Some("WRONGTYPE") => wrong_type(),
                _ if error.to_string().contains("WRONGTYPE") => wrong_type(),
                _ if error.is_timeout() => "it does not answer in time".to_owned(),
                _ => error.to_string(),
            },
        };
        Trouble(match &self.0 {
            Some(password) if !password.is_empty() => text.replace(password.as_str(), "…"),
            _ => text,
        })
    }
}

fn wrong_type() -> String {
    "a key under the prefix has another type than ours: something else uses it; choose another prefix"
        .to_owned()
}

impl Store for RedisStore {
    type Line = RedisLine;

    fn name(&self) -> String {
        self.name.clone()
    }

    async fn connect(&self) -> Result<(RedisLine, mpsc::Receiver<Heard>), Trouble> {
        let (listener, heard) = mpsc::channel(WAITING);
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.timeout))
            .set_response_timeout(Some(self.timeout))
            .set_push_sender(Listener(listener));
        let connect = self.client.get_multiplexed_async_connection_with_config(&config);
        let mut connection = connect.await.map_err(|error| self.words.of(&error))?;
        connection.subscribe(self.keys.channel()).await.map_err(|error| self.words.of(&error))?;
        let line = RedisLine { connection, keys: self.keys.clone(), words: self.words.clone() };
        Ok((line, heard))
    }
}

/// Takes what Redis says without being asked.
struct Listener(mpsc::Sender<Heard>);

impl AsyncPushSender for Listener {
    fn send(&self, PushInfo { kind, data }: PushInfo) -> Result<(), SendError> {
        let heard = match (kind, data.last()) {
            (PushKind::Message, Some(Value::BulkString(text))) => {
                serde_json::from_slice(text).map_or(Heard::Garbled, Heard::Changed)
            }
            (PushKind::Disconnection | PushKind::Unsubscribe, _) => Heard::Cut,
            _ => return Ok(()),
        };
        match self.0.try_send(heard) {
            // What is lost is read again later.
            Ok(()) | Err(TrySendError::Full(_)) => Ok(()),
            Err(TrySendError::Closed(_)) => Err(SendError),
        }
    }
}

/// A connection.
#[derive(Clone)]
pub(super) struct RedisLine {
    connection: MultiplexedConnection,
    keys: Keys,
    words: Words,
}

impl Line for RedisLine {
    async fn ask(&self, request: Request) -> Result<Reply, Trouble> {
        let (script, invocation) = scripts::of(&self.keys, &request);
        let mut connection = self.connection.clone();
        let answer = invocation.invoke_async(&mut connection).await;
        let answer: Value = answer.map_err(|error| self.words.of(&error))?;
        script.read(answer).ok_or_else(Trouble::odd)
    }
}
