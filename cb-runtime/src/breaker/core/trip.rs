//! A breaker that a test wants open.

use super::Core;
use crate::breaker::{
    Mode, State,
    ledger::Ending,
    machine::{Machine, Role},
    ticket::Ticket,
};

/// So many failures are made at the most: a window may hold more successes than they can make up for.
const MOST: u32 = 10_000;

impl Core {
    /// Opens as failures of the service would, or says in which mode they would not.
    pub(crate) fn trip(&self) -> Result<(), Mode> {
        let config = self.config();
        let by_failures = config.failure_threshold() <= MOST || config.failure_rate().is_some();
        for _ in 0..if by_failures { MOST } else { 1 } {
            match (self.mode(), self.state()) {
                (Mode::Normal, State::Open) => return Ok(()),
                (Mode::Normal, State::Closed | State::HalfOpen) => {}
                (mode, _) => return Err(mode),
            }
            let Some(ticket) = self.admit_to_fail() else { break };
            let error = Some("tripped by a test".into());
            self.finish(ticket, self.begin(ticket), Ending::Failure(error));
        }
        self.change(Machine::trip);
        Ok(())
    }

    /// Admits a call, even one that would be shed.
    fn admit_to_fail(&self) -> Option<Ticket> {
        let word = self.word();
        if word.is_closed() {
            return Some(self.ticket(word, Role::Call));
        }
        match self.change(Machine::admit) {
            (Ok(role), word) => Some(self.ticket(word, role)),
            (Err(_), _) => None,
        }
    }
}
