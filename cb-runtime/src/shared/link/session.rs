//! One line to the store, and all that is said on it.

use std::{collections::HashMap, time::Duration};

use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};

use super::{
    Breakers, End, Link, Wish,
    clock::StoreClock,
    known::{Act, Known, Proposer},
    note,
    settings::Settings,
};
use crate::{
    breaker::lease::{Answer, Ask},
    clock::Tick,
    shared::{
        error::SharedError,
        store::{Heard, Line, Store, Trouble},
        wire::{Reply, Request, Since, Synced, View, millis},
    },
};

/// So many requests are under way at most.
const UNDER_WAY: usize = 64;

/// What has been asked, and what came of it.
enum Done {
    Told(Request, Result<Reply, Trouble>),
    Leased(Box<Ask>, Result<Reply, Trouble>),
    Wished(oneshot::Sender<Result<(), SharedError>>, Result<Reply, Trouble>),
}

/// What is kept from one line to the next.
#[derive(Default)]
pub(super) struct Memory {
    since: Since,
    living: u32,
    /// When we came, by the store's clock.
    joined: Option<u64>,
    /// What operators have set for all.
    pub(super) settings: Settings,
}

/// One line to the store, for as long as it holds.
pub(super) struct Session<'a, S: Store, B> {
    link: &'a mut Link<S, B>,
    line: S::Line,
    heard: mpsc::Receiver<Heard>,
    known: &'a mut Known,
    memory: &'a mut Memory,
    under_way: JoinSet<Done>,
    /// The breakers of which something is being told.
    told: HashMap<String, Request>,
    /// The store takes what there was to tell, too.
    pub(super) has_begun: bool,
}

impl<'a, S: Store, B: Breakers> Session<'a, S, B> {
    pub(super) fn new(
        link: &'a mut Link<S, B>,
        (to_store, heard): (S::Line, mpsc::Receiver<Heard>),
        known: &'a mut Known,
        memory: &'a mut Memory,
    ) -> Self {
        let (under_way, told) = (JoinSet::new(), HashMap::new());
        Self { link, line: to_store, heard, known, memory, under_way, told, has_begun: false }
    }

    pub(super) async fn serve(&mut self) -> End {
        let mut clock = match self.begin().await {
            Ok(clock) => clock,
            Err(trouble) => return End::Trouble(trouble),
        };
        let mut next = Instant::now() + self.jittered();
        loop {
            self.propose(clock);
            if !self.has_begun && self.told.is_empty() {
                // Not with the first answer: a store that reads well and cannot be written to would be
                // away and back with every try.
                self.has_begun = true;
                self.link.is_back();
            }
            self.link.status.set_pending(self.known.count_untold() + self.told.len());
            let end = tokio::select! {
                event = self.link.inbox.recv() => match event {
                    Some(event) => {
                        note(self.known, &self.link.breakers, event);
                        Ok(())
                    }
                    None => return End::Left(None),
                },
                Some(ask) = self.link.desk.asks.recv() => {
                    self.ask(ask);
                    Ok(())
                }
                Some(given) = self.link.desk.given_back.recv() => {
                    self.send(Request::GiveBack(given), Done::Told);
                    Ok(())
                }
                Some(wish) = self.link.wishes.recv() => match wish {
                    Wish::Send(request, to) => {
                        self.send(request, |_, reply| Done::Wished(to, reply));
                        Ok(())
                    }
                    Wish::Leave(done) => {
                        let instance = self.link.options.instance.clone();
                        let _ = self.one(Request::Leave { instance }).await;
                        return End::Left(Some(done));
                    }
                },
                heard = self.heard.recv() => match heard {
                    Some(Heard::Changed(view)) => {
                        clock.heard(view.now, Tick::now());
                        self.memory.since.hear(&view);
                        self.take(&view, clock);
                        Ok(())
                    }
                    Some(Heard::Garbled) => Ok(()),
                    Some(Heard::Cut) | None => Err(Trouble("the connection was cut".to_owned())),
                },
                Some(done) = self.under_way.join_next() => match done {
                    Ok(done) => self.done(done, &mut clock),
                    Err(_) => Ok(()),
                },
                () = sleep_until(self.memory.settings.next_end()) => {
                    self.memory.settings.end(&self.link.breakers);
                    Ok(())
                }
                () = sleep_until(next) => {
                    next = Instant::now() + self.jittered();
                    self.memory.settings.begin(&self.link.breakers);
                    self.known.prune(clock.theirs(Tick::now()));
                    self.link.office.prune(Tick::now());
                    self.sync(&mut clock).await
                }
            };
            if let Err(trouble) = end {
                return End::Trouble(trouble);
            }
        }
    }

    /// Give or take a fifth, so that many instances do not ask at once.
    fn jittered(&self) -> Duration {
        self.link.options.read_again.mul_f64(0.8 + 0.4 * fastrand::f64())
    }

    async fn begin(&mut self) -> Result<StoreClock, Trouble> {
        let mut clock = StoreClock::new(0, Tick::now());
        self.sync(&mut clock).await?;
        Ok(clock)
    }

    async fn one(&self, request: Request) -> Result<Reply, Trouble> {
        within(self.link.options.timeout, self.line.ask(request)).await
    }

    /// Reads all that has changed.
    async fn sync(&mut self, clock: &mut StoreClock) -> Result<(), Trouble> {
        loop {
            let request = Request::Sync {
                instance: self.link.options.instance.clone(),
                since: self.memory.since,
                ttl: millis(self.link.options.read_again * 3),
            };
            let Reply::Synced(synced) = self.one(request).await? else {
                return Err(Trouble::odd());
            };
            let Synced { now, since, lost, living, views, more } = synced;
            clock.set(now, Tick::now());
            self.memory.joined.get_or_insert(now);
            self.memory.living = living;
            if lost {
                self.known.lost();
            }
            self.memory.since = since;
            for view in &views {
                self.take(view, *clock);
            }
            if !more {
                self.link.status.agreed(living);
                return Ok(());
            }
        }
    }

    /// Takes over what the store says of a breaker.
    fn take(&mut self, view: &View, clock: StoreClock) {
        self.memory.since.seen = self.memory.since.seen.max(view.version());
        let breaker = self.link.breakers.get(&view.name);
        self.link.office.set_to_be(&view.name, Known::to_be(view, &clock));
        self.link.office.seen.take(view, &clock);
        let standing = breaker.as_ref().map(|breaker| breaker.0.as_others_see());
        let joined = self.memory.joined.unwrap_or_default();
        let us = (self.link.options.instance.as_str(), joined);
        let acts = self.known.take(view, standing, &clock, us);
        let orders = acts.iter().find_map(|act| match act {
            Act::Config(text, until) => Some((text.clone(), *until)),
            _ => None,
        });
        if let Some((text, until)) = orders {
            self.memory.settings.order(&view.name, &text, until, breaker.as_ref());
        }
        let Some(breaker) = breaker else { return };
        let _inside = self.link.runtime.as_ref().map(tokio::runtime::Handle::enter);
        for act in acts {
            match act {
                Act::Open(until, row) => breaker.0.adopt_opening(until, row),
                Act::StayOpen(until, row) => breaker.0.stay_open(until, row),
                Act::Close(latest) => breaker.0.adopt_closing(latest),
                Act::Reset => breaker.reset(),
                Act::Mode(mode, until) => breaker.0.set_mode(mode, |_| until),
                Act::Config(..) => {}
            }
        }
    }

    /// Tells what there is to tell.
    fn propose(&mut self, clock: StoreClock) {
        while self.under_way.len() < UNDER_WAY {
            let next = self.known.next_untold(|name| self.told.contains_key(name));
            let Some(name) = next.map(str::to_owned) else { return };
            let breaker = self.link.breakers.get(&name);
            let standing = breaker.map(|breaker| breaker.0.as_others_see());
            let needed = self.link.options.open_on.needed(self.memory.living);
            let by = Proposer { instance: &self.link.options.instance, clock, needed };
            if let Some(request) = self.known.propose(&name, standing, &by) {
                self.told.insert(name, request.clone());
                self.send(request, Done::Told);
            }
        }
    }

    fn ask(&mut self, ask: Ask) {
        let request = self.link.office.request(&ask);
        let ask = Box::new(ask);
        self.send(request, |_, reply| Done::Leased(ask, reply));
    }

    fn send(
        &mut self,
        request: Request,
        done: impl FnOnce(Request, Result<Reply, Trouble>) -> Done + Send + 'static,
    ) {
        let (line, most) = (self.line.clone(), self.link.options.timeout);
        self.under_way.spawn(async move {
            let reply = within(most, line.ask(request.clone())).await;
            done(request, reply)
        });
    }

    fn done(&mut self, done: Done, clock: &mut StoreClock) -> Result<(), Trouble> {
        match done {
            Done::Told(request, reply) => {
                if let Some(name) = name_of(&request) {
                    self.told.remove(name);
                }
                match reply {
                    Ok(reply) => self.answered(&reply, clock),
                    Err(trouble) => {
                        self.known.not_told(&request);
                        return Err(trouble);
                    }
                }
            }
            Done::Leased(ask, reply) => {
                let reply = match reply {
                    Ok(reply) => reply,
                    Err(trouble) => {
                        ask.asker.answer(Answer::Unknown);
                        return Err(trouble);
                    }
                };
                self.answered(&reply, clock);
                self.link.office.answer(*ask, Some(&reply));
            }
            Done::Wished(to, reply) => {
                let (said, left) = match reply {
                    Ok(reply) => {
                        self.answered(&reply, clock);
                        (Ok(()), Ok(()))
                    }
                    Err(trouble) => (Err(SharedError::Away(trouble.0.clone())), Err(trouble)),
                };
                let _ = to.send(said);
                return left;
            }
        }
        Ok(())
    }

    fn answered(&mut self, reply: &Reply, clock: &mut StoreClock) {
        let (Reply::Told { view, .. } | Reply::Lease { view, .. }) = reply else { return };
        clock.set(view.now, Tick::now());
        self.take(view, *clock);
    }

    /// Gives up what is under way: what was to be told is told again on the next line.
    pub(super) fn break_off(&mut self) {
        self.under_way.abort_all();
        for (_, request) in self.told.drain() {
            self.known.not_told(&request);
        }
    }
}

/// The breaker of which a proposal tells.
fn name_of(request: &Request) -> Option<&str> {
    match request {
        Request::Open(opening) => Some(&opening.name),
        Request::Close { name, .. } | Request::Withdraw { name, .. } => Some(name),
        _ => None,
    }
}

async fn within(
    most: Duration,
    reply: impl Future<Output = Result<Reply, Trouble>>,
) -> Result<Reply, Trouble> {
    timeout(most, reply).await.unwrap_or_else(|_| Err(Trouble::slow(most)))
}
