//! What is done where other instances of the program ask the same service.

use std::{
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
        machine::{Judged, Refused, Role},
        permit::Held,
        refusal::Refusal,
        state::Word,
        ticket::Ticket,
    },
    clock::Tick,
    primitive::lock,
};

impl Core {
    /// Whether a call that finds this word might be a probe and has others to ask for a lease.
    pub(super) fn asks_for_leases(&self, word: Word) -> bool {
        !word.is_closed()
            && self.fellowship().is_some()
            && lock(&self.inner).machine.is_due(Tick::now())
    }

    fn fellowship(&self) -> Option<Arc<dyn Fellowship>> {
        self.hub.as_ref()?.fellowship()
    }

    /// Decides on one call alone, and says which probe it is if it is one.
    pub(in crate::breaker) fn admit_here(&self) -> Result<(Ticket, Option<u64>), Refusal<'_>> {
        let (role, word) = self.decide_here()?;
        let ticket = match role {
            // Counted once it has its lease.
            Role::Probe(_) => Ticket::new(word, role),
            _ => self.ticket(word, role),
        };
        Ok((ticket, ticket.of_probe()))
    }

    pub(in crate::breaker) async fn lease<'a>(
        &'a self,
        held: Held<&'a Self>,
        probe: u64,
    ) -> Result<Held<&'a Self>, Refusal<'a>> {
        let answer = self.answer(probe).await;
        self.leased(held, answer)
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

    pub(in crate::breaker) fn lease_blocking<'a>(
        &'a self,
        held: Held<&'a Self>,
        probe: u64,
    ) -> Result<Held<&'a Self>, Refusal<'a>> {
        let (asker, answer) = mpsc::sync_channel(1);
        let answer = self
            .ask(probe, Asker::Thread(asker))
            .and_then(|wait| answer.recv_timeout(wait).ok())
            .unwrap_or(Answer::Unknown);
        self.leased(held, answer)
    }

    fn ask(&self, probe: u64, asker: Asker) -> Option<Duration> {
        let fellowship = self.fellowship()?;
        fellowship.ask(Ask::new(self.name.clone(), probe, &self.config(), asker))
    }

    fn leased<'a>(
        &'a self,
        held: Held<&'a Self>,
        answer: Answer,
    ) -> Result<Held<&'a Self>, Refusal<'a>> {
        let Answer::Denied(wait) = answer else {
            self.stripes.mine().count_admitted();
            return Ok(held);
        };
        let (_, ticket) = held.into_parts();
        let ((), word) = self.change(|machine, step| {
            machine.deny_probes(step.now.after(wait));
            let generation = ticket.generation(machine.generation());
            machine.record(generation, ticket.role(), Judged::Nothing.into(), step);
        });
        Err(self.refuse(Refused::HalfOpen, word))
    }

    /// Turns away a call that has its lease and finds no place.
    pub(in crate::breaker) fn find_no_place(&self, ticket: Ticket, limit: u32) -> Refusal<'_> {
        let refusal = self.without_a_place(self.word(), ticket.role(), limit);
        self.end_lease(ticket, Judged::Nothing);
        refusal
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
