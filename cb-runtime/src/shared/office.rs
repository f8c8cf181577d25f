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
        lease::{Answer, Ask, Asker, Fellowship},
        machine::Judged,
    },
    clock::Tick,
    name::Name,
    observe::together::SharedBreaker,
};

use super::{
    book::KEPT,
    options::SharedOptions,
    seen::Seen,
    wire::{GivenBack, Reply, Request, millis},
};

/// So many questions wait at most; a call that would be one more decides alone.
pub(super) const ASKING: usize = 1_024;

/// So many breakers may be remembered as open that have long been over.
const MANY: usize = 10_000;

/// A store that answers at once.
pub(super) type AtOnce = Box<dyn Fn(Request) -> Option<Reply> + Send + Sync>;

/// What calls and the link both know.
pub(super) struct Office {
    asks: mpsc::Sender<Ask>,
    /// No more than there are leases.
    given_back: mpsc::UnboundedSender<GivenBack>,
    is_open: AtomicBool,
    wait: Duration,
    instance: String,
    lease_time: Option<Duration>,
    /// How a thread that waits is answered, where the store answers at once.
    at_once: Option<AtOnce>,
    books: Mutex<Books>,
    /// What operators see.
    pub(super) seen: Seen,
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
    pub(super) fn new(options: &SharedOptions, at_once: Option<AtOnce>) -> (Self, Desk) {
        let (to_asks, asks) = mpsc::channel(ASKING);
        let (to_given_back, given_back) = mpsc::unbounded_channel();
        let office = Self {
            asks: to_asks,
            given_back: to_given_back,
            is_open: AtomicBool::new(false),
            wait: options.lease_wait,
            instance: options.instance.clone(),
            lease_time: options.lease_time,
            at_once,
            books: Mutex::default(),
            seen: Seen::default(),
        };
        (office, Desk { asks, given_back })
    }

    /// What the store is asked for a probe to be.
    pub(super) fn request(&self, ask: &Ask) -> Request {
        Request::Lease {
            name: ask.name.as_str().to_owned(),
            instance: self.instance.clone(),
            most: ask.most,
            ttl: millis(self.lease_time.unwrap_or(ask.time)),
        }
    }

    /// Answers who asked.
    pub(super) fn answer(&self, ask: Ask, reply: Option<&Reply>) {
        let Ask { name, probe, success_threshold, asker, .. } = ask;
        match reply {
            Some(Reply::Lease { lease: Ok(number), .. }) => {
                self.grant(&name, probe, *number, success_threshold);
                if !asker.answer(Answer::Granted) {
                    // Nobody waits any more, so nobody would give it back.
                    self.ended(&name, probe, Judged::Nothing);
                }
            }
            Some(Reply::Lease { lease: Err(wait), .. }) => {
                asker.answer(Answer::Denied(Duration::from_millis(*wait)));
            }
            _ => {
                asker.answer(Answer::Unknown);
            }
        }
    }

    /// Whether the store answers: while it does not, nobody waits.
    pub(super) fn set_open(&self, is_open: bool) {
        self.is_open.store(is_open, Ordering::Release);
    }

    fn with_books<R>(&self, act: impl FnOnce(&mut Books) -> R) -> R {
        act(&mut self.books.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The lease of a probe.
    fn grant(&self, name: &Name, probe: u64, number: u64, success_threshold: u32) {
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

    /// Forgets, once it is much, what has been over for so long that the store has forgotten it as well.
    pub(super) fn prune(&self, now: Tick) {
        let is_kept = |until: Tick| now < until.after(Duration::from_millis(KEPT));
        self.with_books(|books| {
            if books.to_be.len() > MANY {
                books.to_be.retain(|_, ToBe { open, mode }| {
                    open.is_some_and(|(until, _)| is_kept(until))
                        || mode.is_some_and(|(_, until)| is_kept(until))
                });
            }
        });
        self.seen.prune(now);
    }
}

impl Fellowship for Office {
    fn ask(&self, ask: Ask) -> Option<Duration> {
        if !self.is_open.load(Ordering::Acquire) {
            return None;
        }
        match &self.at_once {
            // The link may be a task of the very thread that waits.
            Some(at_once) if matches!(ask.asker, Asker::Thread(_)) => {
                let reply = at_once(self.request(&ask));
                self.answer(ask, reply.as_ref());
                Some(self.wait)
            }
            _ => self.asks.try_send(ask).is_ok().then_some(self.wait),
        }
    }

    fn ended(&self, name: &Name, probe: u64, judged: Judged) {
        let lease = self.with_books(|books| books.leases.remove(&(name.clone(), probe)));
        let Some(Lease { number, success_threshold }) = lease else { return };
        let success_of = if judged == Judged::Success { success_threshold } else { 0 };
        let (name, instance) = (name.as_str().to_owned(), self.instance.clone());
        let _ = self.given_back.send(GivenBack { name, instance, lease: number, success_of });
    }

    fn standing(&self, name: &Name) -> SharedBreaker {
        self.seen.of(name.as_str(), self.is_open.load(Ordering::Acquire))
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
