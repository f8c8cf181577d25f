//! What breakers had counted that are in no registry any more: a counter of their name is not to fall
//! when one of them goes.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{Ordering, fence},
    },
};

use super::Counts;
use crate::breaker::CircuitBreaker;

/// So many are asked whether somebody has them still, for each that comes.
const ASKED: usize = 16;

/// The breakers of one name that were taken out.
#[derive(Default)]
pub(crate) struct Gone {
    /// Of those that nobody has any more. Made by the first.
    counts: Option<Box<Counts>>,
    /// Those that somebody has: calls may be under way, and count when they end.
    held: VecDeque<CircuitBreaker>,
}

impl Gone {
    /// One more is gone. Does nothing in a program in which nobody measures.
    pub(crate) fn add(&mut self, breaker: CircuitBreaker) {
        if cfg!(any(feature = "prometheus", feature = "otel")) {
            self.held.push_back(breaker);
            self.settle(ASKED);
        }
    }

    /// All that they have counted up to now.
    pub(crate) fn counts(&mut self) -> Option<Box<Counts>> {
        self.settle(self.held.len());
        let mut counts = self.counts.clone();
        for breaker in &self.held {
            counts.get_or_insert_default().add(&breaker.0.counts());
        }
        counts
    }

    fn settle(&mut self, at_most: usize) {
        for _ in 0..self.held.len().min(at_most) {
            let Some(breaker) = self.held.pop_front() else { break };
            if Arc::strong_count(&breaker.0) > 1 {
                self.held.push_back(breaker);
                continue;
            }
            // What the last holder has counted is seen by who sees that it has let go.
            fence(Ordering::Acquire);
            self.counts.get_or_insert_default().add(&breaker.0.counts());
        }
    }
}
