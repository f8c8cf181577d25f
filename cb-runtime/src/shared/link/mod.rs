//! An instance's side of shared state: a task that tells the store what happens to the breakers of a
//! registry, and does to them what others have decided.
//!
//! It works from what is so and not from what has happened: an event only says which breaker to look
//! at. So what waits to be told is a set of names, and a store that comes back after an hour hears of
//! each breaker once.

mod clock;
pub(super) mod known;
mod settings;

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, SystemTime},
};

use clock::StoreClock;
use known::{Act, Known, Proposer};
use settings::Settings;
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};

use super::{
    error::SharedError,
    office::{Desk, Office},
    options::SharedOptions,
    status::Status,
    store::{Heard, Line, Store, Trouble},
    wire::{Reply, Request, Since, Synced, View, millis},
};
use crate::{
    breaker::{
        CircuitBreaker,
        core::contain,
        lease::{Answer, Ask},
    },
    clock::Tick,
    name::Name,
    observe::{event::Event, hub::Inbox, log},
};

/// So many requests are under way at most.
const UNDER_WAY: usize = 64;
/// After a failure it is tried again at this earliest, and at the latest after ten times that.
const TRY_AGAIN: Duration = Duration::from_millis(100);

/// The breakers of a registry, as the link needs them.
pub(crate) trait Breakers: Send + Sync + 'static {
    /// `None` once there are none any more.
    fn get(&self, name: &str) -> Option<CircuitBreaker>;
    /// Those that are open, or were a moment ago.
    fn open(&self) -> Vec<String>;
    /// Tells those who listen.
    fn tell(&self, event: Event);
}

/// What the handle wants.
pub(super) enum Wish {
    /// To send this; the answer is whether that was done.
    Send(Request, oneshot::Sender<Result<(), SharedError>>),
    Leave(oneshot::Sender<()>),
}

pub(super) struct Link<S, B> {
    pub(super) store: S,
    pub(super) breakers: B,
    pub(super) inbox: Inbox,
    pub(super) office: Arc<Office>,
    pub(super) desk: Desk,
    pub(super) wishes: mpsc::Receiver<Wish>,
    pub(super) status: Arc<Status>,
    pub(super) options: SharedOptions,
    /// Where what breakers begin by themselves is to run.
    pub(super) runtime: Option<tokio::runtime::Handle>,
}

/// Why a line is not used any more.
enum End {
    Trouble(Trouble),
    Left(Option<oneshot::Sender<()>>),
}

/// What has been asked, and what came of it.
enum Done {
    Told(Request, Result<Reply, Trouble>),
    Leased(Box<Ask>, Result<Reply, Trouble>),
    Wished(oneshot::Sender<Result<(), SharedError>>, Result<Reply, Trouble>),
}

impl<S: Store, B: Breakers> Link<S, B> {
    pub(super) async fn run(mut self) {
        let mut known = Known::default();
        let mut memory = Memory::default();
        for name in self.breakers.open() {
            known.note_open(&name);
        }
        let mut wait = TRY_AGAIN;
        loop {
            let connected = timeout(self.options.timeout, self.store.connect()).await;
            let end = match connected {
                Ok(Ok((line, heard))) => {
                    let mut session = Session {
                        heard,
                        line,
                        known: &mut known,
                        memory: &mut memory,
                        under_way: JoinSet::new(),
                        told: HashMap::new(),
                        has_begun: false,
                        link: &mut self,
                    };
                    let end = session.serve().await;
                    session.break_off();
                    if session.has_begun {
                        wait = TRY_AGAIN;
                    }
                    end
                }
                Ok(Err(trouble)) => End::Trouble(trouble),
                Err(_) => End::Trouble(Trouble::slow(self.options.timeout)),
            };
            let end = match end {
                End::Trouble(trouble) => {
                    self.away(trouble);
                    let spread = wait.mul_f64(0.5 + fastrand::f64());
                    wait = (wait * 2).min(TRY_AGAIN * 10);
                    self.pause(&mut known, &mut memory.settings, spread).await
                }
                left @ End::Left(_) => Some(left),
            };
            if let Some(End::Left(done)) = end {
                self.office.set_open(false);
                if let Some(done) = done {
                    let _ = done.send(());
                }
                return;
            }
        }
    }

    fn away(&self, trouble: Trouble) {
        self.office.set_open(false);
        let Trouble(why) = trouble;
        if self.status.away(why.clone()) {
            let store = Name::shared(self.status.store().into());
            self.tell(Event::StoreDegraded { name: store, at: SystemTime::now(), why });
        }
    }

    fn is_back(&self) {
        self.office.set_open(true);
        if self.status.connected() {
            let store = Name::shared(self.status.store().into());
            self.tell(Event::StoreRestored { name: store, at: SystemTime::now() });
        }
    }

    fn tell(&self, event: Event) {
        contain(|| log::event(&event));
        self.breakers.tell(event);
    }

    /// Waits, and goes on taking note of what happens.
    async fn pause(
        &mut self,
        known: &mut Known,
        settings: &mut Settings,
        time: Duration,
    ) -> Option<End> {
        let until = Instant::now() + time;
        loop {
            tokio::select! {
                () = sleep_until(until) => return None,
                () = sleep_until(settings.next_end()) => settings.end(&self.breakers),
                event = self.inbox.recv() => match event {
                    Some(event) => note(known, &self.breakers, event),
                    None => return Some(End::Left(None)),
                },
                Some(wish) = self.wishes.recv() => match wish {
                    Wish::Send(_, to) => {
                        let why = self.status.problem().map(|(_, why)| why).unwrap_or_default();
                        let _ = to.send(Err(SharedError::Away(why)));
                    }
                    Wish::Leave(done) => return Some(End::Left(Some(done))),
                },
                Some(ask) = self.desk.asks.recv() => {
                    ask.asker.answer(Answer::Unknown);
                }
                // The lease expires by itself.
                Some(_) = self.desk.given_back.recv() => {}
            }
        }
    }
}

fn note(
    known: &mut Known,
    breakers: &impl Breakers,
    event: Result<Arc<Event>, crate::observe::hub::Missed>,
) {
    match event {
        Ok(event) => known.note(&event),
        // What closed meanwhile is found out by the others' own probes.
        Err(_) => breakers.open().iter().for_each(|name| known.note_open(name)),
    }
}

/// What is kept from one line to the next.
#[derive(Default)]
struct Memory {
    since: Since,
    living: u32,
    /// When we came, by the store's clock.
    joined: Option<u64>,
    /// What operators have set for all.
    settings: Settings,
}

/// One line to the store, for as long as it holds.
struct Session<'a, S: Store, B> {
    link: &'a mut Link<S, B>,
    line: S::Line,
    heard: mpsc::Receiver<Heard>,
    known: &'a mut Known,
    memory: &'a mut Memory,
    under_way: JoinSet<Done>,
    /// The breakers of which something is being told.
    told: HashMap<String, Request>,
    /// The first answer has come.
    has_begun: bool,
}

impl<S: Store, B: Breakers> Session<'_, S, B> {
    async fn serve(&mut self) -> End {
        let mut clock = match self.begin().await {
            Ok(clock) => clock,
            Err(trouble) => return End::Trouble(trouble),
        };
        let mut next = Instant::now() + self.jittered();
        loop {
            self.propose(clock);
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
                    self.known.prune();
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
        self.has_begun = true;
        self.link.is_back();
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
            self.link.status.set_instances(living);
            if lost {
                self.known.lost();
            }
            self.memory.since = since;
            for view in &views {
                self.take(view, *clock);
            }
            if !more {
                return Ok(());
            }
        }
    }

    /// Takes over what the store says of a breaker.
    fn take(&mut self, view: &View, clock: StoreClock) {
        self.memory.since.seen = self.memory.since.seen.max(view.epoch);
        let breaker = self.link.breakers.get(&view.name);
        self.link.office.set_to_be(&view.name, Known::to_be(view, &clock));
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
                Act::Close(latest) => breaker.0.adopt_closing(latest),
                Act::Reset => breaker.reset(),
                Act::Mode(mode, until) => breaker.0.set_mode(mode, |_| until),
                Act::Config(..) => {}
            }
        }
    }

    /// Tells what there is to tell.
    fn propose(&mut self, clock: StoreClock) {
        for name in self.known.untold() {
            if self.under_way.len() >= UNDER_WAY {
                return;
            }
            if self.told.contains_key(&name) {
                continue;
            }
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
    fn break_off(&mut self) {
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

impl Trouble {
    fn slow(most: Duration) -> Self {
        Self(format!("no answer within {}", crate::error::show(most)))
    }

    pub(super) fn odd() -> Self {
        Self("it answers what cannot be understood: is it Redis 6 or later?".to_owned())
    }
}
