//! Tasks that wait for a service.

use std::{
    collections::VecDeque,
    fmt::Display,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use cb_runtime::registry;
use serde::{Deserialize, Serialize};
use tokio::{sync::Notify, time::timeout};

/// A failure or two leave the breaker closed, so that there is no recovery to wait for.
const LOOK: Duration = Duration::from_secs(2);

/// When a task is done.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Done {
    Now,
    /// It waits, and is done when the service is back.
    Later,
}

/// Bounded, as an outage may be long. It is in memory: what must outlive the station belongs on its disk.
pub(crate) struct Queue<T> {
    waiting: Mutex<VecDeque<T>>,
    room: usize,
}

#[derive(Debug, thiserror::Error)]
#[error("{0} tasks wait already, and there is no room for more")]
pub(crate) struct Full(usize);

impl<T> Queue<T> {
    pub(crate) fn with_room_for(room: usize) -> Self {
        Self { waiting: Mutex::default(), room }
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    pub(crate) fn put_by(&self, task: T) -> Result<Done, Full> {
        let mut waiting = self.lock();
        if waiting.len() >= self.room {
            return Err(Full(self.room));
        }
        waiting.push_back(task);
        Ok(Done::Later)
    }

    /// Does what waits, each task once: what is put by again waits for the next time. Returns how many were
    /// done.
    async fn drain<E, F>(&self, does: &impl Fn(T) -> F) -> usize
    where
        E: Display,
        F: Future<Output = Result<Done, E>>,
    {
        let mut done = 0;
        for _ in 0..self.len() {
            // The lock is not held while the task is done.
            let Some(task) = self.take() else { break };
            match does(task).await {
                Ok(Done::Now) => done += 1,
                Ok(Done::Later) => break,
                Err(error) => eprintln!("a task that waited is given up: {error}"),
            }
        }
        done
    }

    fn take(&self) -> Option<T> {
        self.lock().pop_front()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<T>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Drains a queue whenever the service behind this breaker is back, and while it is up from time to time.
pub(crate) async fn keep_draining<T, E, F>(
    breaker: &'static str,
    queue: &Queue<T>,
    does: impl Fn(T) -> F,
    drained: impl Fn(&'static str, usize),
) where
    E: Display,
    F: Future<Output = Result<Done, E>>,
{
    let back = Arc::new(Notify::new());
    let tell = Arc::clone(&back);
    registry().on_recovered(breaker, move |_| {
        let tell = Arc::clone(&tell);
        async move { tell.notify_one() }
    });
    loop {
        let _ = timeout(LOOK, back.notified()).await;
        let done = queue.drain(&does).await;
        if done > 0 {
            drained(breaker, done);
        }
    }
}
