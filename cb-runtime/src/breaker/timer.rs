//! One thread for the program that wakes breakers shortly before their open time, or when a slice of
//! their window, is over, so that the calls in between need not read the clock. It starts when it is first
//! needed.
//!
//! A breaker that is not watched (no thread could be started, tokio's clock can be paused, or the end is
//! near) reads the clock at each rejection instead; nothing else differs.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError, Weak},
    thread,
    time::Duration,
};

use super::core::Core;
use crate::clock::{PAUSABLE, Tick};

/// So long before the end of an open time a breaker is woken. Threads are late, and a caller that has
/// waited for as long as it was told to is not to be turned away for that.
const AHEAD: Duration = Duration::from_millis(100);

struct Alarm {
    at: Tick,
    purpose: Purpose,
    core: Weak<Core>,
}

/// What a breaker is woken for.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    /// The open time of this generation is nearly over.
    Open(u64),
    /// A slice of time is over, in which calls were not asked when they were.
    Settled,
}

#[derive(Default)]
struct Timer {
    alarms: Mutex<BinaryHeap<Reverse<Alarm>>>,
    earlier: Condvar,
}

/// Whether open times are watched in this program at all.
pub(crate) fn can_watch() -> bool {
    !PAUSABLE && !cfg!(cb_loom)
}

/// When to wake a breaker that is open until then; `None` where that is so near that it need not be
/// watched.
pub(crate) fn watch_end(now: Tick, until: Tick) -> Option<Tick> {
    let watched = until.since(now).checked_sub(AHEAD).filter(|watched| !watched.is_zero())?;
    can_watch().then(|| now.after(watched))
}

/// Wakes the breaker at the given time. `false` where there is no timer.
pub(crate) fn watch(core: Weak<Core>, purpose: Purpose, at: Tick) -> bool {
    let Some(timer) = timer() else { return false };
    let mut alarms = timer.lock();
    let sooner = alarms.peek().is_none_or(|Reverse(next)| at < next.at);
    alarms.push(Reverse(Alarm { at, purpose, core }));
    drop(alarms);
    if sooner {
        timer.earlier.notify_one();
    }
    true
}

fn timer() -> Option<&'static Timer> {
    static TIMER: OnceLock<Option<&'static Timer>> = OnceLock::new();
    *TIMER.get_or_init(|| {
        let timer: &'static Timer = Box::leak(Box::default());
        let thread = thread::Builder::new().name("circuit-breaker-timer".to_owned());
        thread.spawn(|| timer.run()).ok().map(|_| timer)
    })
}

impl Timer {
    fn lock(&self) -> MutexGuard<'_, BinaryHeap<Reverse<Alarm>>> {
        self.alarms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) -> ! {
        let mut alarms = self.lock();
        loop {
            let now = Tick::now();
            let due = alarms.peek().is_some_and(|Reverse(next)| next.at <= now);
            alarms = if let Some(Reverse(alarm)) = due.then(|| alarms.pop()).flatten() {
                drop(alarms);
                if let Some(core) = alarm.core.upgrade() {
                    match alarm.purpose {
                        Purpose::Open(generation) => core.stop_watching(generation),
                        Purpose::Settled => core.unsettle(),
                    }
                }
                self.lock()
            } else if let Some(Reverse(next)) = alarms.peek() {
                let wait = next.at.since(now);
                self.earlier.wait_timeout(alarms, wait).unwrap_or_else(PoisonError::into_inner).0
            } else {
                self.earlier.wait(alarms).unwrap_or_else(PoisonError::into_inner)
            };
        }
    }
}

impl PartialEq for Alarm {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}

impl Eq for Alarm {}

impl PartialOrd for Alarm {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Alarm {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.at.cmp(&other.at)
    }
}
