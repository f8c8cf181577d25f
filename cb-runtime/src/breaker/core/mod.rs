//! The one place where threads meet: a [`Machine`] behind a lock, and before it the state word that
//! tells most calls that they need not take it.
//!
//! A call that finds the word closed passes; one that finds it open is turned away; a success that
//! finds it as it was, with no failure in the row, would change nothing in the machine but the number
//! of calls in its window, and that is added up from the stripes when it matters. Everything else
//! (failures, slow calls, probes, changes by hand) takes the lock for some tens of nanoseconds, in which
//! no code of the user's runs.
//!
//! [`admit`] has how calls come in, [`end`] how they end, [`answers`] what is done where that is without
//! an answer, [`change`] what becomes known of it, [`settings`] how those change, and [`read`] what can
//! be seen.

mod admit;
mod answers;
mod change;
mod check;
mod end;
mod figures;
mod read;
mod settings;
#[cfg(feature = "redis")]
mod share;
#[cfg(all(test, not(cb_loom)))]
mod tests;
#[cfg(feature = "testing")]
mod trip;

pub(crate) use end::contain;
#[cfg(feature = "redis")]
pub(in crate::breaker) use share::Reserved;

use std::sync::{Arc, Weak};

use answers::Extras;

use super::{
    ledger::Ledger,
    machine::{Machine, Passed},
    opening::Published,
    outbox::Outbox,
    slow::SlowCalls,
    state::Word,
    stripes::Stripes,
};
use crate::{
    clock::Tick,
    config::Config,
    name::Name,
    observe::{hub::Hub, latency::Histogram},
    primitive::{AtomicU64, Mutex, OnceBox, Ordering},
};

/// A breaker, as its handles share it.
pub struct Core {
    word: AtomicU64,
    published: Published,
    stripes: Stripes,
    extras: OnceBox<Extras>,
    latency: Histogram,
    name: Name,
    this: Weak<Core>,
    /// Where events go, if anywhere.
    hub: Option<Arc<Hub>>,
    inner: Mutex<Inner>,
}

struct Inner {
    machine: Machine,
    config: Config,
    ledger: Ledger,
    slow_calls: SlowCalls,
    /// Made with the first event.
    outbox: Option<Box<Outbox>>,
}

impl Core {
    pub(crate) fn new(name: Name, config: Config, hub: Option<Arc<Hub>>) -> Arc<Self> {
        let now = Tick::now();
        let inner = Inner {
            machine: Machine::new(now),
            slow_calls: SlowCalls::new(&config),
            config,
            ledger: Ledger::new(),
            outbox: None,
        };
        Arc::new_cyclic(|this| Self {
            word: AtomicU64::new(inner.word(now).0),
            published: Published::new(inner.slow_calls.quickest()),
            stripes: Stripes::new(),
            extras: OnceBox::new(),
            latency: Histogram::new(),
            name,
            this: this.clone(),
            hub,
            inner: Mutex::new(inner),
        })
    }

    pub(crate) fn name(&self) -> &Name {
        &self.name
    }

    #[inline]
    fn word(&self) -> Word {
        Word(self.word.load(Ordering::Acquire))
    }

    #[inline]
    pub(crate) fn is_detached(&self) -> bool {
        self.word().is_detached()
    }

    /// What has been counted without the lock.
    fn passed(&self) -> Passed {
        let (admitted, successes) = self.stripes.passed();
        Passed { admitted, successes }
    }
}

impl Inner {
    fn word(&self, now: Tick) -> Word {
        self.machine.word(now, &self.config).with_epoch(self.slow_calls.epoch())
    }
}

#[cfg(all(test, cb_loom))]
mod under_loom {
    use super::{
        super::{ledger::Ending, ticket::Ticket},
        Core,
    };
    use crate::{clock::Tick, primitive::lock};

    impl Core {
        /// Makes a call that was admitted, in no time, and takes its end.
        pub(crate) fn end(&self, ticket: Ticket, ending: Ending) {
            let start = self.begin(ticket);
            match ending {
                Ending::Success => self.succeed(ticket, start),
                ending => self.finish(ticket, start, ending),
            }
        }

        /// Whether the word that calls go by is the one that the machine would write now.
        pub(crate) fn word_is_the_machines(&self) -> bool {
            let inner = lock(&self.inner);
            self.word() == inner.word(Tick::now())
        }
    }
}
