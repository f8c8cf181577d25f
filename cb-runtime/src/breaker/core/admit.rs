//! How calls come in, or are turned away.

use super::Core;
use crate::{
    breaker::{
        machine::{Refused, Role},
        refusal::Refusal,
        state::Word,
        ticket::{Ticket, Timing},
        timer::{self, Purpose},
    },
    clock::Tick,
};

impl Core {
    /// Decides on one call and counts it.
    #[inline]
    pub(crate) fn admit(&self) -> Result<Ticket, Refusal<'_>> {
        if let Some(ticket) = self.admit_if_closed() {
            return Ok(ticket);
        }
        match self.refuse_if_open() {
            Some(refusal) => Err(refusal),
            None => self.admit_with_care(),
        }
    }

    /// Admits and counts one call if the word says that it passes.
    #[inline]
    pub(crate) fn admit_if_closed(&self) -> Option<Ticket> {
        let word = self.word();
        word.lets_pass().then(|| self.ticket(word, Role::Call))
    }

    /// Turns away and counts one call if the word says that it does not pass.
    #[inline(never)]
    pub(crate) fn refuse_if_open(&self) -> Option<Refusal<'_>> {
        self.word().turns_away().then(|| self.count_refused(Refused::Open))
    }

    #[inline]
    fn ticket(&self, word: Word, role: Role) -> Ticket {
        self.stripes.mine().count_admitted();
        Ticket::new(word, role)
    }

    /// When an admitted call begins, or [`Tick::UNKNOWN`] where it is not to be timed.
    #[inline]
    pub(crate) fn begin(&self, ticket: Ticket) -> Tick {
        match ticket.timing() {
            Timing::Sampled => self.stripes.mine().start_timing(),
            Timing::Off => Tick::UNKNOWN,
            Timing::Every => Tick::now(),
        }
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn admit_with_care(&self) -> Result<Ticket, Refusal<'_>> {
        // What this reads besides belongs to this word or to a later one.
        let word = self.word();
        if word.is_forced_open() {
            let until = self.published.mode_until();
            if until == Tick::NEVER || Tick::now() < until {
                return Err(self.refuse(Refused::ForcedOpen, word));
            }
        } else if word.is_open() {
            if word.is_watched() || Tick::now() < self.published.until() {
                return Err(self.refuse(Refused::Open, word));
            }
        } else if word.is_disabled() && self.published.mode_until() == Tick::NEVER {
            return Ok(Ticket::UNCOUNTED);
        }
        let ((decision, settled), word) = self.change(|machine, step| {
            let decision = machine.admit(step);
            let settled = if timer::can_watch() && decision == Ok(Role::Call) {
                machine.settle(step.now, step.config)
            } else {
                None
            };
            (decision, settled)
        });
        if let Some(until) = settled
            && !timer::watch(self.this.clone(), Purpose::Settled, until)
        {
            self.unsettle();
        }
        match decision {
            Ok(Role::Uncounted) => Ok(Ticket::UNCOUNTED),
            Ok(role) => Ok(self.ticket(word, role)),
            Err(refused) => Err(self.refuse(refused, word)),
        }
    }

    fn refuse(&self, refused: Refused, word: Word) -> Refusal<'_> {
        if word.is_narrated() {
            self.tell_rejected(refused);
        }
        self.count_refused(refused)
    }

    #[inline]
    fn count_refused(&self, refused: Refused) -> Refusal<'_> {
        self.stripes.mine().count_rejected();
        Refusal { core: self, refused }
    }

    /// Counts an answer that a fallback gave.
    pub(crate) fn count_fallback(&self) {
        self.stripes.mine().count_fallback();
        if self.word().is_narrated() {
            self.tell_fallback();
        }
    }

    /// The same, if the breaker is in its registry and nobody wants to hear of it.
    #[inline]
    pub(crate) fn count_fallback_quietly(&self) -> bool {
        let word = self.word();
        let quietly = !word.is_detached() && !word.is_narrated();
        if quietly {
            self.stripes.mine().count_fallback();
        }
        quietly
    }
}
