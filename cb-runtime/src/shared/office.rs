//! The counter at which calls ask for leases of probes.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::sync::mpsc;

use crate::{
    breaker::{
        Mode,
        core::Core,
        lease::{Ask, Fellowship},
        machine::Judged,
    },
    clock::Tick,
    name::Name,
};

use super::wire::GivenBack;

/// So many questions wait at most; a call that would be one more decides alone.
pub(super) const ASKING: usize = 1_024;

/// What calls and the link both know.
pub(super) struct Office {
    asks: mpsc::Sender<Ask>,
    /// No more than there are leases.
    given_back: mpsc::UnboundedSender<GivenBack>,
    is_open: AtomicBool,
    wait: Duration,
    instance: String,
    books: Mutex<Books>,
}

#[derive(Default)]
struct Books {
    leases: BTreeMap<(Name, u64), Lease>,
    /// What breakers are to be that are made only now.
    to_be: HashMap<String, ToBe>,
}

#[derive(Clone, Copy)]
struct Lease {
    number: u64,
    success_threshold: u32,
}

/// How a breaker is elsewhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct ToBe {
    /// Open until then, for so many openings in a row.
    pub(super) open: Option<(Tick, u32)>,
    /// Set by an operator, until then.
    pub(super) mode: Option<(Mode, Tick)>,
}

/// The link's end.
pub(super) struct Desk {
    pub(super) asks: mpsc::Receiver<Ask>,
    pub(super) given_back: mpsc::UnboundedReceiver<GivenBack>,
}

impl Office {
    pub(super) fn new(wait: Duration, instance: String) -> (Self, Desk) {
        let (to_asks, asks) = mpsc::channel(ASKING);
        let (to_given_back, given_back) = mpsc::unbounded_channel();
        let (is_open, books) = (AtomicBool::new(false), Mutex::default());
        let (asks_to, given_back_to) = (to_asks, to_given_back);
        let office =
            Self { asks: asks_to, given_back: given_back_to, is_open, wait, instance, books };
        (office, Desk { asks, given_back })
    }

    /// Whether the store answers: while it does not, nobody waits.
    pub(super) fn set_open(&self, is_open: bool) {
        self.is_open.store(is_open, Ordering::Release);
    }

    fn with_books<R>(&self, act: impl FnOnce(&mut Books) -> R) -> R {
        act(&mut self.books.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The lease of a probe.
    pub(super) fn grant(&self, name: &Name, probe: u64, number: u64, success_threshold: u32) {
        let lease = Lease { number, success_threshold };
        self.with_books(|books| books.leases.insert((name.clone(), probe), lease));
    }

    pub(super) fn set_to_be(&self, name: &str, to_be: ToBe) {
        self.with_books(|books| {
            if to_be == ToBe::default() {
                books.to_be.remove(name);
            } else if let Some(known) = books.to_be.get_mut(name) {
                *known = to_be;
            } else {
                books.to_be.insert(name.to_owned(), to_be);
            }
        });
    }
}

impl Fellowship for Office {
    fn ask(&self, ask: Ask) -> Option<Duration> {
        let is_asked = self.is_open.load(Ordering::Acquire) && self.asks.try_send(ask).is_ok();
        is_asked.then_some(self.wait)
    }

    fn ended(&self, name: &Name, probe: u64, judged: Judged) {
        let lease = self.with_books(|books| books.leases.remove(&(name.clone(), probe)));
        let Some(Lease { number, success_threshold }) = lease else { return };
        let success_of = if judged == Judged::Success { success_threshold } else { 0 };
        let (name, instance) = (name.as_str().to_owned(), self.instance.clone());
        let _ = self.given_back.send(GivenBack { name, instance, lease: number, success_of });
    }

    fn made(&self, core: &Core) {
        let to_be = self.with_books(|books| books.to_be.get(core.name().as_str()).copied());
        let Some(ToBe { open, mode }) = to_be else { return };
        if let Some((until, row)) = open {
            core.adopt_opening(until, row);
        }
        if let Some((mode, until)) = mode {
            core.set_mode(mode, |_| until);
        }
    }
}
