//! Who has to go when a new key needs a place.
//!
//! Only calls that bring a new key come here. Uses do not, so what the queue knows of them is behind:
//! it asks when a breaker's turn has come.

use std::{
    cmp::{Ordering, Reverse},
    collections::{BinaryHeap, VecDeque, binary_heap::PeekMut},
    time::Duration,
};

use super::shards::{Key, Leaving, Shards, Wanted};
use crate::{
    breaker::{CircuitBreaker, stakes::Stakes},
    clock::Tick,
    observe::figures::gone::Gone,
};

/// Of the breakers that could not go, so many are asked again for each new key.
const ASKED_AGAIN: usize = 16;

/// Two warnings about one name are at least so far apart.
const BETWEEN_WARNINGS: Duration = Duration::from_secs(60);

/// Every breaker of one name, once.
#[derive(Default)]
pub(super) struct Queue {
    /// Those that may go, by when they were last known to be used; the longest idle is at the top, or
    /// has been used since.
    idle: BinaryHeap<Reverse<Item>>,
    /// Those that could not go when their turn came: open, or in an operator's hand. One that closes
    /// by itself has just been used and would not be next; so it does no harm that it is noticed
    /// only when its turn to be asked has come.
    kept: VecDeque<Key>,
    warned_of_these: bool,
    last_warned: Option<Tick>,
    /// Those that went.
    pub(super) gone: Gone,
}

struct Item {
    last_used: u64,
    key: Key,
}

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.idle.len() + self.kept.len()
    }

    pub(super) fn push(&mut self, key: Key, last_used: u64) {
        self.warned_of_these = false;
        self.idle.push(Reverse(Item { last_used, key }));
    }

    /// Forgets one that was taken out by hand: rare, and so by looking at each.
    pub(super) fn remove(&mut self, gone: &Wanted<'_>) {
        self.idle.retain(|Reverse(item)| !gone.is(&item.key));
        self.kept.retain(|key| !gone.is(key));
    }

    /// Takes out the closed breaker that has been idle for the longest; where there is none, one that
    /// is half-open. `None` where all must stay.
    pub(super) fn make_room(&mut self, shards: &Shards) -> Option<CircuitBreaker> {
        let mut last_resort = self.ask_again(shards);
        let Self { idle, kept, .. } = self;
        while let Some(mut top) = idle.peek_mut() {
            let item = &mut top.0;
            match shards.leave(&item.key, item.last_used, Stakes::Row) {
                // To its new place, which dropping `top` finds.
                Leaving::UsedSince(last_used) => item.last_used = last_used,
                Leaving::NotThere => drop(PeekMut::pop(top)),
                Leaving::Left(breaker) => {
                    PeekMut::pop(top);
                    kept.extend(last_resort.map(Item::key));
                    return Some(breaker);
                }
                Leaving::Stays(stakes) => {
                    let Reverse(item) = PeekMut::pop(top);
                    let passed_over = if stakes == Stakes::Probes {
                        last_resort.replace_by_longer_idle(item)
                    } else {
                        Some(item)
                    };
                    kept.extend(passed_over.map(Item::key));
                }
            }
        }
        let item = last_resort?;
        match shards.leave(&item.key, u64::MAX, Stakes::Probes) {
            Leaving::Left(breaker) => Some(breaker),
            _ => {
                kept.push_back(item.key);
                None
            }
        }
    }

    /// Asks some of those that could not go. Returns the half-open one among them that has been idle
    /// for the longest.
    fn ask_again(&mut self, shards: &Shards) -> Option<Item> {
        let mut half_open = None;
        for _ in 0..self.kept.len().min(ASKED_AGAIN) {
            let Some(key) = self.kept.pop_front() else { break };
            let Some((stakes, last_used)) = shards.stakes(&key) else { continue };
            let item = Item { last_used, key };
            match stakes {
                Stakes::Row => self.idle.push(Reverse(item)),
                Stakes::Probes => {
                    let other = half_open.replace_by_longer_idle(item);
                    self.kept.extend(other.map(Item::key));
                }
                Stakes::Protection => self.kept.push_back(item.key),
            }
        }
        half_open
    }

    /// Notes that a new key found no place. Whether that is to be said: once until a new key finds
    /// one again, and not every moment where that comes and goes.
    pub(super) fn note_full(&mut self, now: Tick) -> bool {
        let quiet = |last: Tick| now.since(last) < BETWEEN_WARNINGS;
        let news = !self.warned_of_these && !self.last_warned.is_some_and(quiet);
        if news {
            self.warned_of_these = true;
            self.last_warned = Some(now);
        }
        news
    }
}

trait LongestIdle {
    /// Takes the place of one that has been idle for less. Returns the other of the two.
    fn replace_by_longer_idle(&mut self, item: Item) -> Option<Item>;
}

impl LongestIdle for Option<Item> {
    fn replace_by_longer_idle(&mut self, item: Item) -> Option<Item> {
        match self {
            Some(longest) if *longest <= item => Some(item),
            _ => self.replace(item),
        }
    }
}

impl Item {
    fn key(self) -> Key {
        self.key
    }
}

impl Ord for Item {
    fn cmp(&self, other: &Self) -> Ordering {
        self.last_used.cmp(&other.last_used)
    }
}

impl PartialOrd for Item {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Item {}
