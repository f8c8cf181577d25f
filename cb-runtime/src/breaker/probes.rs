//! The calls that a half-open breaker has let through.

use super::machine::{Refused, Role};
use crate::{clock::Tick, config::Config};

/// Permits that are out, and what has come of those that were.
#[derive(Clone, Debug, Default)]
pub(super) struct Probes {
    in_flight: Vec<Probe>,
    admitted: u32,
    pub(super) successes: u32,
    /// None is admitted before then, since others have all that there may be.
    #[cfg(feature = "redis")]
    denied_until: Option<Tick>,
}

#[derive(Clone, Copy, Debug)]
struct Probe {
    id: u32,
    expires: Tick,
}

/// Numbers of probes fit a ticket: see [`Ticket`](super::ticket::Ticket).
const NUMBERS: u32 = 1 << 24;

impl Probes {
    /// Gives a permit if one is free; one whose time is over is.
    pub(super) fn admit(&mut self, now: Tick, config: &Config) -> Result<Role, Refused> {
        self.admit_until(now.after(config.probe_timeout()), now, config)
    }

    /// The same, for one who keeps to the time himself: his permit does not go to another.
    pub(super) fn admit_check(&mut self, now: Tick, config: &Config) -> Result<Role, Refused> {
        self.admit_until(Tick::NEVER, now, config)
    }

    fn admit_until(&mut self, expires: Tick, now: Tick, config: &Config) -> Result<Role, Refused> {
        #[cfg(feature = "redis")]
        if self.denied_until.is_some_and(|until| now < until) {
            return Err(Refused::HalfOpen);
        }
        let most = config.half_open_max_calls() as usize;
        if self.in_flight.len() >= most {
            self.in_flight.retain(|probe| now < probe.expires);
        }
        if self.in_flight.len() >= most {
            return Err(Refused::HalfOpen);
        }
        let id = self.admitted;
        self.admitted = (id + 1) % NUMBERS;
        self.in_flight.push(Probe { id, expires });
        Ok(Role::Probe(id))
    }

    /// Whether a permit would be given now.
    #[cfg(feature = "redis")]
    pub(super) fn is_free(&self, now: Tick, config: &Config) -> bool {
        let held = self.in_flight.iter().filter(|probe| now < probe.expires).count();
        self.denied_until.is_none_or(|until| until <= now)
            && held < config.half_open_max_calls() as usize
    }

    /// Whether the permit was still held, and in time.
    pub(super) fn give_back(&mut self, id: u32, now: Tick) -> bool {
        let held = self.in_flight.iter().position(|probe| probe.id == id);
        held.is_some_and(|at| now < self.in_flight.swap_remove(at).expires)
    }

    /// Admits none before then.
    #[cfg(feature = "redis")]
    pub(super) fn deny(&mut self, until: Tick) {
        self.denied_until = Some(until);
    }

    /// Takes all permits back.
    pub(super) fn recall(&mut self) {
        self.in_flight.clear();
    }
}
