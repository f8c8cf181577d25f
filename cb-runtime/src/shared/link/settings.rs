//! Settings that an operator has set for all instances, and for how long.

use std::{collections::HashMap, time::Duration};

use tokio::time::Instant;

use super::Breakers;
use crate::{
    breaker::CircuitBreaker,
    clock::Tick,
    config::{ConfigBuilder, read_settings},
};

const FAR: Duration = Duration::from_secs(24 * 3600);

/// What is in force, by the breakers' names.
#[derive(Default)]
pub(super) struct Settings(HashMap<String, Order>);

struct Order {
    ours: ConfigBuilder,
    /// Of the same settings, what there was before; `None` while there is no such breaker.
    before: Option<ConfigBuilder>,
    until: Tick,
}

impl Settings {
    /// Takes an order. What was ordered before of this breaker is over; settings that cannot be read, of
    /// another version of the program maybe, are none.
    pub(super) fn order(
        &mut self,
        name: &str,
        text: &str,
        until: Tick,
        breaker: Option<&CircuitBreaker>,
    ) {
        if let Some(earlier) = self.0.remove(name) {
            earlier.take_back(breaker);
        }
        let ours = read_settings(text).unwrap_or_default();
        if ours == ConfigBuilder::new() || until <= Tick::now() {
            return;
        }
        let mut order = Order { ours, before: None, until };
        order.put(breaker);
        self.0.insert(name.to_owned(), order);
    }

    /// Puts those in force of which there were no breakers yet.
    pub(super) fn begin(&mut self, breakers: &impl Breakers) {
        for (name, order) in self.0.iter_mut().filter(|(_, order)| order.before.is_none()) {
            order.put(breakers.get(name).as_ref());
        }
    }

    /// When the next one is over.
    pub(super) fn next_end(&self) -> Instant {
        let next = self.0.values().map(|order| order.until).min();
        next.map_or_else(|| Instant::now() + FAR, Tick::instant)
    }

    /// Takes back those that are over.
    pub(super) fn end(&mut self, breakers: &impl Breakers) {
        let now = Tick::now();
        self.0.retain(|name, order| {
            if now >= order.until {
                order.take_back(breakers.get(name).as_ref());
            }
            now < order.until
        });
    }
}

impl Order {
    fn put(&mut self, breaker: Option<&CircuitBreaker>) {
        let Some(breaker) = breaker else { return };
        let (ours, mut before) = (self.ours, ConfigBuilder::new());
        let put = breaker.reconfigure(|present| {
            before = present.where_given(&ours);
            ours.or(present)
        });
        // Where they contradict what is set here, that stays.
        self.before = Some(before);
        if put.is_err() {
            self.ours = ConfigBuilder::new();
        }
    }

    /// What has been set otherwise since stays.
    fn take_back(&self, breaker: Option<&CircuitBreaker>) {
        let (Some(before), Some(breaker)) = (self.before, breaker) else { return };
        let ours = self.ours;
        let _ = breaker.reconfigure(|present| {
            let since = present.changed_from(&ours).where_given(&ours);
            since.or(before.where_given(&ours)).or(present.except(&ours))
        });
    }
}
