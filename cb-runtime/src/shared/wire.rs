//! What an instance says to the store, and what the store says to all.
//!
//! Times are milliseconds by the store's clock. An instance never sends the time of its own wall
//! clock: it learns the store's from each answer, and reckons from there by its monotonic one.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Milliseconds by the store's clock.
pub(crate) type Millis = u64;

pub(crate) use crate::observe::together::LONGEST;

/// A time as it travels.
pub(crate) fn millis(time: Duration) -> Millis {
    u64::try_from(time.min(LONGEST).as_millis()).unwrap_or(u64::MAX)
}

/// What an instance wants.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Request {
    /// To be known as living for `ttl` more, and all that has changed since.
    Sync {
        instance: String,
        since: Since,
        ttl: Millis,
    },
    /// To be forgotten.
    Leave {
        instance: String,
    },
    Open(Opening),
    /// Its probes have closed the breaker that was open at this epoch.
    Close {
        name: String,
        instance: String,
        base: u64,
    },
    /// It does not find the service down any more.
    Withdraw {
        name: String,
        instance: String,
    },
    /// A lease for one probe.
    Lease {
        name: String,
        instance: String,
        most: u32,
        ttl: Millis,
    },
    /// A lease is not needed any more.
    GiveBack(GivenBack),
    /// An operator's word for all instances, in force for so long.
    Order {
        name: String,
        order: Order,
        lasts: Millis,
    },
}

/// What an instance knows already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Since {
    /// Which store that is from: a store that was started empty is another one. 0 where it is from none.
    pub(crate) born: u64,
    /// All up to here.
    pub(crate) cursor: u64,
    /// The greatest epoch that it has seen. A store that knows none so great has forgotten some.
    pub(crate) seen: u64,
}

/// A breaker has opened.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Opening {
    pub(crate) name: String,
    pub(crate) instance: String,
    /// The epoch that the instance knew.
    pub(crate) base: u64,
    /// When it decided.
    pub(crate) decided: Millis,
    /// For how long from then on.
    pub(crate) time: Millis,
    /// How often in a row.
    pub(crate) row: u32,
    /// So many instances must find the service down for all to open.
    pub(crate) needed: u32,
    /// All had opened before, and the store has forgotten it.
    pub(crate) again: bool,
}

/// A probe has ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct GivenBack {
    pub(crate) name: String,
    pub(crate) instance: String,
    pub(crate) lease: u64,
    /// Where it succeeded, how many successes close the breaker; 0 where it did not.
    pub(crate) success_of: u32,
}

/// What an operator wants of all instances.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Order {
    Reset,
    Mode(String),
    /// Settings, as JSON; the empty text takes them back.
    Config(String),
}

/// What the store answers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reply {
    Synced(Synced),
    /// How things stand after a proposal, and whether it came in time.
    Told {
        accepted: bool,
        view: View,
    },
    /// A lease, or how long not to ask again.
    Lease {
        lease: Result<u64, Millis>,
        view: View,
    },
    /// Nothing to be said.
    Done {
        now: Millis,
    },
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Synced {
    pub(crate) now: Millis,
    /// What the instance knows now.
    pub(crate) since: Since,
    /// The store has forgotten what the instance knows: nothing in it is newer than that, and what
    /// the instance knows has to be told again.
    pub(crate) lost: bool,
    /// So many instances live.
    pub(crate) living: u32,
    pub(crate) views: Vec<View>,
    /// There are more than could be told at once.
    pub(crate) more: bool,
}

/// One breaker as the store has it: small, so that all of it is told with each change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct View {
    #[serde(rename = "n")]
    pub(crate) name: String,
    /// When this was said.
    #[serde(rename = "t")]
    pub(crate) now: Millis,
    /// In what is published: the version that was published last before.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub(crate) after: Option<u64>,
    /// One more, at least, with each opening and closing.
    #[serde(rename = "e", default)]
    pub(crate) epoch: u64,
    /// When that was.
    #[serde(rename = "c", default)]
    pub(crate) changed: Millis,
    /// Until when it is open; 0 where it is closed.
    #[serde(rename = "u", default)]
    pub(crate) until: Millis,
    /// Which instance opened it, or closed it.
    #[serde(rename = "b", default)]
    pub(crate) by: String,
    /// How often it has opened in a row.
    #[serde(rename = "r", default)]
    pub(crate) row: u32,
    #[serde(rename = "x", default, skip_serializing_if = "Option::is_none")]
    pub(crate) reset: Option<Ordered>,
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    pub(crate) mode: Option<Ordered>,
    #[serde(rename = "g", default, skip_serializing_if = "Option::is_none")]
    pub(crate) config: Option<Ordered>,
}

/// An operator's word as the store has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ordered {
    /// The later, the greater.
    #[serde(rename = "e")]
    pub(crate) epoch: u64,
    #[serde(rename = "a")]
    pub(crate) at: Millis,
    #[serde(rename = "u")]
    pub(crate) until: Millis,
    #[serde(rename = "w", default)]
    pub(crate) what: String,
}

impl View {
    pub(crate) fn is_open(&self) -> bool {
        self.until > 0
    }

    /// The greatest epoch of what is in it.
    pub(crate) fn version(&self) -> u64 {
        let orders = [&self.reset, &self.mode, &self.config].into_iter().flatten();
        orders.map(|order| order.epoch).fold(self.epoch, u64::max)
    }
}

impl Since {
    /// Takes note of what was published. Where nothing was missed before it, it need not be read again.
    pub(crate) fn hear(&mut self, view: &View) {
        if view.after.is_some_and(|after| after <= self.cursor) {
            self.cursor = self.cursor.max(view.version());
        }
    }
}
