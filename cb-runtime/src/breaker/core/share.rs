//! What is done where other instances of the program ask the same service.

use std::{
    cell::Cell,
    ptr,
    sync::{Arc, mpsc},
    time::Duration,
};

use tokio::sync::oneshot;

use super::{Core, contain};
use crate::{
    breaker::{
        Mode, State,
        adopt::Standing,
        lease::{Answer, Ask, Asker, Fellowship},
        machine::{Judged, Role},
        state::Word,
        ticket::Ticket,
    },
    clock::Tick,
    observe::together::SharedBreaker,
    primitive::lock,
};

thread_local! {
    /// Put there by the last step before a call asks the breaker, with nothing run between the two.
    static PREPARED: Cell<Option<Prepared>> = const { Cell::new(None) };
}

/// A permit that waits for the call that is to be the probe.
#[derive(Clone, Copy)]
struct Prepared {
    /// Where its breaker is.
    core: usize,
    role: Role,
    word: Word,
}

/// A permit that waits for its lease; it goes back when it is dropped, as of a call that was none.
pub(in crate::breaker) struct Reserved<'a> {
    core: &'a Core,
    /// `None` once somebody else holds it.
    permit: Option<(Role, Word)>,
}

impl Reserved<'_> {
    fn probe(&self) -> Option<u64> {
        let (role, word) = self.permit?;
        Ticket::new(word, role).of_probe()
    }
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        if let Some((role, word)) = self.permit.take() {
            self.core.change(|machine, step| {
                machine.record(word.generation(), role, Judged::Nothing.into(), step);
            });
            self.core.end_lease(Ticket::new(word, role), Judged::Nothing);
        }
    }
}

impl Core {
    /// Whether a call that is made now might be a probe, as far as can be seen from the word.
    #[inline]
    pub(crate) fn may_be_due(&self) -> bool {
        let word = self.word();
        !word.lets_pass() && !word.turns_away()
    }

    fn fellowship(&self) -> Option<Arc<dyn Fellowship>> {
        self.hub.as_ref()?.fellowship()
    }

    /// How it stands to those of its name in other instances; `None` where there are none.
    pub(super) fn standing_among_others(&self) -> Option<SharedBreaker> {
        Some(self.fellowship()?.standing(&self.name))
    }

    /// Whether there are others to ask.
    pub(super) fn is_shared(&self) -> bool {
        self.fellowship().is_some()
    }

    /// The permit of a probe, where there are others to ask for a lease and one is free.
    pub(in crate::breaker) fn reserve(&self) -> Option<Reserved<'_>> {
        if self.word().is_closed() || !self.is_shared() {
            return None;
        }
        let (role, word) = self.change(|machine, step| {
            machine.is_due(step.now).then(|| machine.admit(step).ok()).flatten()
        });
        let role = role.filter(|role| matches!(role, Role::Probe(_)))?;
        Some(Reserved { core: self, permit: Some((role, word)) })
    }

    pub(in crate::breaker) async fn prepare(&self, reserved: Reserved<'_>) {
        let answer = match reserved.probe() {
            Some(probe) => self.answer(probe).await,
            None => Answer::Unknown,
        };
        self.prepared(reserved, answer);
    }

    pub(in crate::breaker) fn prepare_blocking(&self, reserved: Reserved<'_>) {
        let (asker, answer) = mpsc::sync_channel(1);
        let answer = reserved
            .probe()
            .and_then(|probe| self.ask(probe, Asker::Thread(asker)))
            .and_then(|wait| answer.recv_timeout(wait).ok())
            .unwrap_or(Answer::Unknown);
        self.prepared(reserved, answer);
    }

    /// Lays the permit ready for the call that this thread makes next, or gives it back.
    fn prepared(&self, mut reserved: Reserved<'_>, answer: Answer) {
        if let Answer::Denied(wait) = answer {
            self.change(|machine, step| machine.deny_probes(step.now.after(wait)));
            return;
        }
        // Else it has lost the permit meanwhile, and gives back the lease.
        if let Some((role, word)) = reserved.permit
            && self.word().generation() == word.generation()
        {
            reserved.permit = None;
            PREPARED.set(Some(Prepared { core: ptr::from_ref(self).addr(), role, word }));
        }
    }

    /// What this thread has laid ready for a call through this breaker.
    pub(super) fn take_prepared(&self) -> Option<(Role, Word)> {
        let Prepared { core, role, word } = PREPARED.take()?;
        let is_ours = core == ptr::from_ref(self).addr();
        (is_ours && self.word().generation() == word.generation()).then_some((role, word))
    }

    async fn answer(&self, probe: u64) -> Answer {
        let (asker, answer) = oneshot::channel();
        let Some(wait) = self.ask(probe, Asker::Task(asker)) else { return Answer::Unknown };
        let answer = tokio::time::timeout(wait, answer).await;
        answer.ok().and_then(Result::ok).unwrap_or(Answer::Unknown)
    }

    /// For how long a health check is not to be made, where others make as many as there may be.
    pub(super) async fn denied_check(&self, generation: u64, permit: Role) -> Option<Duration> {
        match self.answer(ticket_of(generation, permit).of_probe()?).await {
            Answer::Denied(wait) => Some(wait),
            Answer::Granted | Answer::Unknown => None,
        }
    }

    /// A health check has ended.
    pub(super) fn end_lease_of_check(&self, generation: u64, permit: Role, judged: Judged) {
        self.end_lease(ticket_of(generation, permit), judged);
    }

    fn ask(&self, probe: u64, asker: Asker) -> Option<Duration> {
        let fellowship = self.fellowship()?;
        fellowship.ask(Ask::new(self.name.clone(), probe, &self.config(), asker))
    }

    /// A probe has ended: its lease, if it has one, is free for another.
    pub(super) fn end_lease(&self, ticket: Ticket, judged: Judged) {
        if let Some(probe) = ticket.of_probe()
            && let Some(fellowship) = self.fellowship()
        {
            contain(|| fellowship.ended(&self.name, probe, judged));
        }
    }

    /// For a breaker that has just come to where it can be found.
    pub(crate) fn join_fellows(&self) {
        if let Some(fellowship) = self.fellowship() {
            fellowship.made(self);
        }
    }

    /// What other instances are to know.
    pub(crate) fn as_others_see(&self) -> Standing {
        lock(&self.inner).machine.standing()
    }

    /// Others are open until then, and have opened so often in a row.
    pub(crate) fn adopt_opening(&self, until: Tick, row: u32) {
        self.change(|machine, step| machine.adopt_opening(until, row, step));
    }

    /// Others are closed; `latest` is the beginning of the latest opening that was known of then.
    pub(crate) fn adopt_closing(&self, latest: Tick) {
        self.change(|machine, step| machine.adopt_closing(latest, step));
    }
}

/// The ticket that a call would have in the place of a health check.
fn ticket_of(generation: u64, permit: Role) -> Ticket {
    Ticket::new(Word::new(generation, State::HalfOpen, Mode::Normal), permit)
}
