//! A store in memory, for several registries of one process.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::mpsc;

use super::{
    book::Book,
    office::AtOnce,
    redis::size::{self, Sizes},
    store::{Heard, Line, Store, Trouble},
    wire::{Millis, Reply, Request},
};
use crate::clock::Tick;

const WAITING: usize = 1_024;

/// Where registries of one process meet: for tests, and for programs that run several of them.
///
/// Cheap to clone; clones are the same.
#[derive(Clone, Default)]
pub struct Exchange(Arc<Mutex<Inside>>);

#[derive(Default)]
struct Inside {
    book: Book,
    listeners: Vec<mpsc::Sender<Heard>>,
    is_away: bool,
    /// By which the clock is ahead, so that the first time there is is not 0.
    began: Option<Tick>,
    /// Where it is counted.
    counted: Option<(Sizes, ExchangeTraffic)>,
}

/// The first time of the store's clock: as long to write as the times that Redis tells.
const BEGIN: Millis = 1_000_000_000_000;

/// What has been said at an [`Exchange`], as if it were a Redis.
#[doc(hidden)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ExchangeTraffic {
    /// The scripts that were called.
    pub commands: u64,
    /// What was published, once for each instance.
    pub messages: u64,
    /// In bytes: commands.
    pub to: u64,
    /// In bytes: answers and messages.
    pub from: u64,
}

impl Exchange {
    /// One at which nobody is yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// One that counts what is said, as a Redis with this prefix would have it on its connections: for the
    /// project's own measurements.
    #[doc(hidden)]
    #[must_use]
    pub fn counted(prefix: &str) -> Self {
        let exchange = Self::default();
        exchange.lock().counted = Some((Sizes::new(prefix), ExchangeTraffic::default()));
        exchange
    }

    /// What has been counted.
    #[doc(hidden)]
    #[must_use]
    pub fn traffic(&self) -> ExchangeTraffic {
        self.lock().counted.as_ref().map(|(_, traffic)| *traffic).unwrap_or_default()
    }

    /// For tests of what a program does then: cuts everybody off, or lets them in again.
    pub fn set_away(&self, is_away: bool) {
        let mut inside = self.lock();
        inside.is_away = is_away;
        if is_away {
            inside.listeners.clear();
        }
    }

    /// For tests: forgets all that is shared, as a store that was started empty has.
    pub fn forget(&self) {
        self.lock().book = Book::default();
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange").finish_non_exhaustive()
    }
}

impl Inside {
    fn now(&mut self) -> Millis {
        let now = Tick::now();
        let began = *self.began.get_or_insert(now);
        BEGIN + u64::try_from(now.since(began).as_millis()).unwrap_or_default()
    }

    fn take(&mut self, request: Request) -> Result<Reply, Trouble> {
        if self.is_away {
            return Err(Trouble("it was set to be away".to_owned()));
        }
        let now = self.now();
        if let Some((sizes, traffic)) = &mut self.counted {
            traffic.commands += 1;
            traffic.to += sizes.request(&request);
        }
        let (reply, published) = self.book.take(now, request);
        if let Some((_, traffic)) = &mut self.counted {
            traffic.from += size::reply(&reply);
        }
        if let Some(view) = published {
            self.listeners.retain(|listener| !listener.is_closed());
            if let Some((sizes, traffic)) = &mut self.counted {
                let listeners = self.listeners.len() as u64;
                traffic.messages += listeners;
                traffic.from += listeners * sizes.message(&view);
            }
            for listener in &self.listeners {
                // Who is too slow reads it again later.
                let _ = listener.try_send(Heard::Changed(Box::new(view.clone())));
            }
        }
        Ok(reply)
    }
}

impl Store for Exchange {
    type Line = Self;

    fn name(&self) -> String {
        "memory".to_owned()
    }

    fn at_once(&self) -> Option<AtOnce> {
        let exchange = self.clone();
        Some(Box::new(move |request| exchange.lock().take(request).ok()))
    }

    async fn connect(&self) -> Result<(Self, mpsc::Receiver<Heard>), Trouble> {
        let mut inside = self.lock();
        if inside.is_away {
            return Err(Trouble("it was set to be away".to_owned()));
        }
        let (listener, heard) = mpsc::channel(WAITING);
        inside.listeners.push(listener);
        Ok((self.clone(), heard))
    }
}

impl Line for Exchange {
    async fn ask(&self, request: Request) -> Result<Reply, Trouble> {
        self.lock().take(request)
    }
}
