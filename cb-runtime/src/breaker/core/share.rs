//! What is done where other instances of the program ask the same service.

use std::{sync::Arc, time::Duration};

use tokio::sync::oneshot;

use super::{Core, contain};
use crate::{
    breaker::{
        Mode, State,
        adopt::Standing,
        lease::{Answer, Ask, Asker, Fellowship},
        machine::{Judged, Refused, Role},
        refusal::Refusal,
        state::Word,
        ticket::Ticket,
    },
    clock::Tick,
    observe::together::SharedBreaker,
    primitive::lock,
};

/// A permit that waits for its lease; it goes back when it is dropped, as of a call that was none.
pub(in crate::breaker) struct Reserved<'a> {
    core: &'a Core,
    /// `None` once somebody else holds it.
    permit: Option<(Role, Word)>,
}

impl Reserved<'_> {
    /// For how long to wait for the answer; `None` where nobody can be asked now.
    pub(in crate::breaker) fn ask(&self, asker: Asker) -> Option<Duration> {
        let (role, word) = self.permit?;
        self.core.ask(Ticket::new(word, role).of_probe()?, asker)
    }

    /// The permit, unless others have all there may be.
    pub(in crate::breaker) fn answered(self, answer: Answer) -> Option<Self> {
        if let Answer::Denied(wait) = answer {
            self.core.change(|machine, step| machine.deny_probes(step.now.after(wait)));
            return None;
        }
        Some(self)
    }
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        if let Some((role, word)) = self.permit.take() {
            self.core.give_back(role, word);
        }
    }
}

impl Core {
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
            machine.is_due(step.now, step.config).then(|| machine.admit(step).ok()).flatten()
        });
        let role = role.filter(|role| matches!(role, Role::Probe(_)))?;
        Some(Reserved { core: self, permit: Some((role, word)) })
    }

    /// Decides on a call that has asked for a lease, and got this.
    pub(in crate::breaker) fn decide_with<'a>(
        &'a self,
        reserved: Option<Reserved<'a>>,
    ) -> Result<(Role, Word), Refusal<'a>> {
        if let Some(mut reserved) = reserved
            && let Some(held) = reserved.permit
            && self.word().generation() == held.1.generation()
        {
            reserved.permit = None;
            return Ok(held);
        }
        // It has lost the permit meanwhile, or never had one; it does not ask again.
        self.decide().map_err(|refusal| {
            if refusal.wants_lease() {
                self.refuse(Refused::HalfOpen, self.word())
            } else {
                refusal
            }
        })
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

    /// Others are open until then by its own word.
    pub(crate) fn stay_open(&self, until: Tick, row: u32) {
        self.change(|machine, step| machine.stay_open(until, row, step));
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
