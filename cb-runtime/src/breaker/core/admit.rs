//! How calls come in, or are turned away.

use super::Core;
use crate::{
    breaker::{
        machine::{Judged, Machine, Refused, Role},
        refusal::Refusal,
        state::Word,
        ticket::{Ticket, Timing},
        timer::{self, Purpose},
    },
    clock::Tick,
    observe::log,
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

    /// Turns away and counts one call of a breaker that was found [shut](Core::is_shut).
    #[cfg(feature = "tower")]
    pub(crate) fn turn_away(&self) -> Refusal<'_> {
        let word = self.word();
        let refused = if word.is_forced_open() { Refused::ForcedOpen } else { Refused::Open };
        self.refuse(refused, word)
    }

    #[inline]
    pub(in crate::breaker) fn ticket(&self, word: Word, role: Role) -> Ticket {
        if role != Role::Uncounted {
            self.stripes.mine().count_admitted();
        }
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

    /// The same as [`admit`](Self::admit), for a call that needs a place besides: one of `limit`, for
    /// which `enter` asks. The breaker decides first, so that a call which it turns away takes no place
    /// from another.
    #[inline]
    pub(crate) fn admit_with<P>(
        &self,
        limit: u32,
        enter: impl FnOnce() -> Option<P>,
    ) -> Result<(Ticket, P), Refusal<'_>> {
        let word = self.word();
        let (role, word) = if word.lets_pass() {
            (Role::Call, word)
        } else {
            match self.refuse_if_open() {
                Some(refusal) => return Err(refusal),
                None => self.decide()?,
            }
        };
        match enter() {
            Some(place) => Ok((self.ticket(word, role), place)),
            None => Err(self.without_a_place(word, role, limit)),
        }
    }

    /// Turns away a call for which there is no place. As far as the breaker is concerned, it was none.
    #[cold]
    #[inline(never)]
    pub(in crate::breaker) fn without_a_place(
        &self,
        word: Word,
        role: Role,
        limit: u32,
    ) -> Refusal<'_> {
        let refused = Refused::BulkheadFull(limit);
        match role {
            Role::Uncounted | Role::Plain => return Refusal::new(self, refused),
            Role::Probe(_) => {
                // Its permit is for the next caller.
                self.give_back(role, word);
            }
            Role::Call | Role::Onlooker => {}
        }
        self.count_bulkhead_full();
        self.refuse(refused, word)
    }

    /// Takes back the permit of a probe that is not made.
    pub(super) fn give_back(&self, role: Role, word: Word) {
        self.change(|machine, step| {
            machine.record(word.generation(), role, Judged::Nothing.into(), step);
        });
        #[cfg(feature = "redis")]
        self.end_lease(Ticket::new(word, role), Judged::Nothing);
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn admit_with_care(&self) -> Result<Ticket, Refusal<'_>> {
        let (role, word) = self.decide()?;
        Ok(self.ticket(word, role))
    }

    /// Decides on one call with the machine, and counts it if it is turned away.
    #[cold]
    #[inline(never)]
    pub(super) fn decide(&self) -> Result<(Role, Word), Refusal<'_>> {
        // What this reads besides belongs to this word or to a later one.
        let mut word = self.word();
        if word.has_mode() && self.published.is_mode_over() {
            // The mode ends before this call: where a health check is due since, that begins first, and
            // the call is not the probe in its place.
            ((), word) = self.change(Machine::catch_up);
        }
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
            return Ok((Role::Uncounted, word));
        }
        #[cfg(feature = "redis")]
        let is_shared = !word.is_closed() && self.is_shared();
        #[cfg(feature = "redis")]
        let mut wants_lease = false;
        let ((decision, settled), word) = self.change(|machine, step| {
            #[cfg(feature = "redis")]
            if is_shared && machine.is_due(step.now, step.config) {
                wants_lease = true;
                return (Err(Refused::HalfOpen), None);
            }
            let decision = machine.admit(step);
            let settled = if timer::can_watch() && decision == Ok(Role::Call) {
                machine.settle(step.now, step.config)
            } else {
                None
            };
            (decision, settled)
        });
        #[cfg(feature = "redis")]
        if wants_lease {
            return Err(Refusal::without_lease(self));
        }
        if let Some(until) = settled
            && !timer::watch(self.this.clone(), Purpose::Settled, until)
        {
            self.unsettle();
        }
        match decision {
            Ok(role) => Ok((role, word)),
            Err(refused) => Err(self.refuse(refused, word)),
        }
    }

    pub(super) fn refuse(&self, refused: Refused, word: Word) -> Refusal<'_> {
        if word.is_narrated() {
            self.tell_rejected(refused);
        }
        if log::wants_rejections() {
            self.log_rejected(refused);
        }
        self.count_refused(refused)
    }

    #[inline]
    fn count_refused(&self, refused: Refused) -> Refusal<'_> {
        self.stripes.mine().count_rejected();
        Refusal::new(self, refused)
    }
}
