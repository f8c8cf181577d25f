//! An instance's side of shared state: a task that tells the store what happens to the breakers of a
//! registry, and does to them what others have decided.
//!
//! It works from what is so and not from what has happened: an event only says which breaker to look
//! at. So what waits to be told is a set of names, and a store that comes back after an hour hears of
//! each breaker once.

pub(super) mod clock;
pub(super) mod known;
mod session;
mod settings;

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use known::Known;
use session::{Memory, Session};
use settings::Settings;
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep_until, timeout},
};

use super::{
    error::SharedError,
    office::{Desk, Office},
    options::SharedOptions,
    status::Status,
    store::{Store, Trouble},
    wire::Request,
};
use crate::{
    breaker::{CircuitBreaker, core::contain, lease::Answer},
    name::Name,
    observe::{event::Event, hub::Inbox, log},
};

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
                Ok(Ok(connection)) => {
                    let mut session = Session::new(&mut self, connection, &mut known, &mut memory);
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
            self.status.set_pending(known.count_untold());
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
    known.forget_gone(|name| breakers.get(name).is_some());
}

impl Trouble {
    fn slow(most: Duration) -> Self {
        Self(format!("no answer within {}", crate::error::show(most)))
    }

    pub(super) fn odd() -> Self {
        Self("it answers what cannot be understood: is it Redis 6 or later?".to_owned())
    }
}
