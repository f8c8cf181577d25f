//! The store in Redis: one hash for each breaker, one script for each kind of change.
//!
//! All keys of a prefix have it as their hash tag, so that a cluster keeps them on one node and a script
//! may touch several: what is told of all breakers is bounded by how often they change, not by calls.

mod address;
mod scripts;
pub(super) mod size;
#[cfg(all(test, not(cb_loom)))]
mod tests;
mod tls;
mod way;
mod words;

use std::fmt;

use redis::{
    AsyncConnectionConfig, PushInfo, PushKind, Value,
    aio::{AsyncPushSender, MultiplexedConnection, SendError},
};
use tokio::sync::mpsc::{self, error::TrySendError};

use self::{address::Address, scripts::Keys, tls::Certificates, way::Way, words::Words};
use super::{
    error::SharedStateError,
    options::SharedOptions,
    store::{Heard, Line, Store, Trouble},
    wire::{Reply, Request},
};

const WAITING: usize = 1_024;

/// Redis, and where in it.
pub(super) struct RedisStore {
    way: Way,
    keys: Keys,
    /// Its address and the prefix, for people.
    name: String,
    words: Words,
}

impl RedisStore {
    pub(super) fn new(url: &str, options: &SharedOptions) -> Result<Self, SharedStateError> {
        let Address { servers, name, db, secrets } = Address::read(url)?;
        let words = Words::without(secrets, &servers);
        let certificates = Certificates::new(options, servers.want_tls());
        let way = Way::new(servers, certificates, options.timeout);
        let way = way.map_err(|error| SharedStateError::Tls(words.clean(error.to_string())))?;
        let name = format!("redis at {name}, prefix {}", options.prefix);
        Ok(Self { way, keys: Keys::new(&options.prefix, db), name, words })
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Store for RedisStore {
    type Line = RedisLine;

    fn name(&self) -> String {
        self.name.clone()
    }

    async fn connect(&self) -> Result<(RedisLine, mpsc::Receiver<Heard>), Trouble> {
        let (listener, heard) = mpsc::channel(WAITING);
        let config = AsyncConnectionConfig::new().set_push_sender(Listener(listener));
        let connect = self.way.connect(self.keys.any(), config);
        let mut connection = connect.await.map_err(|error| self.words.of_connecting(&error))?;
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
