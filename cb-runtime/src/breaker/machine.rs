//! The state machine: plain data that is told the time and what happened, and answers what changed.
//!
//! Nothing here is shared between threads, reads a clock or runs a caller's code. What several
//! threads do with it is in [`core`](super::core); what a call may do without asking it is in
//! [`Word`].

use super::{
    opening::{OpenReason, Opening},
    state::{Mode, State, Word},
};
use crate::{clock::Tick, config::Config};

/// Admits calls and judges by their outcomes whether to go on doing so.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    generation: u64,
    phase: Phase,
    phase_since: Tick,
    mode: Mode,
    mode_since: Tick,
    /// When the mode ends by itself.
    mode_until: Tick,
    opening: Opening,
    openings: u64,
    watched: bool,
    detached: bool,
}

#[derive(Clone, Debug)]
enum Phase {
    Closed {
        row: u32,
    },
    Open,
    /// Boxed, so that a breaker that is not half-open has no room set aside for it.
    HalfOpen(Box<Probes>),
}

/// The calls that a half-open breaker has let through.
#[derive(Clone, Debug, Default)]
struct Probes {
    in_flight: Vec<Probe>,
    admitted: u32,
    successes: u32,
}

#[derive(Clone, Copy, Debug)]
struct Probe {
    id: u32,
    expires: Tick,
}

/// How an admitted call stands to the machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    /// Passed a closed breaker: its outcome counts.
    Call,
    /// Passed a half-open breaker on the permit of this number.
    Probe(u32),
    /// Passed because only figures are kept: it would have been rejected, so its outcome is in the
    /// totals and decides nothing.
    Onlooker,
    /// Passed a breaker that is switched off: it is judged, and nothing is counted.
    Uncounted,
    /// Of a function whose breaker is not `enabled`: as if there were none.
    Plain,
}

/// Why a call did not pass.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Refused {
    Open,
    HalfOpen,
    ForcedOpen,
}

/// What an ended call tells the machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    Success,
    Failure,
    /// Says nothing about the service: an ignored error, or a call that its caller dropped.
    Nothing,
}

/// A change of state that has just been made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Transition {
    pub(crate) from: State,
    pub(crate) to: State,
    /// Set where `to` is open.
    pub(crate) opening: Option<Opening>,
    /// Made in [`Mode::MetricsOnly`], where it has no effect on calls.
    pub(crate) dry_run: bool,
}

impl Machine {
    pub(crate) fn new(now: Tick) -> Self {
        Self {
            generation: 0,
            phase: Phase::Closed { row: 0 },
            phase_since: now,
            mode: Mode::Normal,
            mode_since: now,
            mode_until: Tick::NEVER,
            opening: Opening { since: now, until: now, reason: OpenReason::ProbeFailed },
            openings: 0,
            watched: false,
            detached: false,
        }
    }

    /// Decides on one call.
    pub(crate) fn admit(
        &mut self,
        now: Tick,
        config: &Config,
    ) -> (Result<Role, Refused>, Option<Transition>) {
        self.end_mode(now);
        match self.mode {
            Mode::Disabled => (Ok(Role::Uncounted), None),
            Mode::ForcedOpen => (Err(Refused::ForcedOpen), None),
            Mode::Normal => self.admit_by_phase(now, config),
            Mode::MetricsOnly => {
                let (decision, transition) = self.admit_by_phase(now, config);
                (Ok(decision.unwrap_or(Role::Onlooker)), transition)
            }
        }
    }

    fn admit_by_phase(
        &mut self,
        now: Tick,
        config: &Config,
    ) -> (Result<Role, Refused>, Option<Transition>) {
        match &mut self.phase {
            Phase::Closed { .. } => (Ok(Role::Call), None),
            Phase::Open if now < self.opening.until => (Err(Refused::Open), None),
            Phase::Open => {
                let mut probes = Box::<Probes>::default();
                let probe = probes.admit(now, config);
                let transition = self.enter(Phase::HalfOpen(probes), now);
                (probe, Some(transition))
            }
            Phase::HalfOpen(probes) => (probes.admit(now, config), None),
        }
    }

    /// Takes the outcome of a call that was admitted in `generation`. One that was admitted in an
    /// earlier state, or whose permit has gone to another, changes nothing.
    pub(crate) fn record(
        &mut self,
        generation: u64,
        role: Role,
        outcome: Outcome,
        now: Tick,
        config: &Config,
    ) -> Option<Transition> {
        if generation != self.generation {
            return None;
        }
        match (&mut self.phase, role) {
            (Phase::Closed { row }, Role::Call) => match outcome {
                Outcome::Nothing => None,
                Outcome::Success => {
                    *row = 0;
                    None
                }
                Outcome::Failure => {
                    *row = row.saturating_add(1);
                    let count = *row;
                    (count >= config.failure_threshold())
                        .then(|| self.open(OpenReason::ConsecutiveFailures { count }, now, config))
                }
            },
            (Phase::HalfOpen(probes), Role::Probe(id)) => {
                if !probes.give_back(id, now) {
                    return None;
                }
                match outcome {
                    Outcome::Nothing => None,
                    Outcome::Success => {
                        probes.successes += 1;
                        (probes.successes >= config.success_threshold())
                            .then(|| self.enter(Phase::Closed { row: 0 }, now))
                    }
                    Outcome::Failure => Some(self.open(OpenReason::ProbeFailed, now, config)),
                }
            }
            _ => None,
        }
    }

    fn open(&mut self, reason: OpenReason, now: Tick, config: &Config) -> Transition {
        self.openings += 1;
        self.opening = Opening { since: now, until: now.after(config.recovery_timeout()), reason };
        let transition = self.enter(Phase::Open, now);
        Transition { opening: Some(self.opening), ..transition }
    }

    fn enter(&mut self, phase: Phase, now: Tick) -> Transition {
        let from = self.phase.state();
        self.phase = phase;
        self.phase_since = now;
        self.watched = false;
        self.generation += 1;
        Transition {
            from,
            to: self.phase.state(),
            opening: None,
            dry_run: self.mode == Mode::MetricsOnly,
        }
    }

    /// Closes with nothing counted. Lifts [`Mode::ForcedOpen`], in which nothing is closed; another
    /// mode stays.
    pub(crate) fn reset(&mut self, now: Tick) -> Option<Transition> {
        if self.mode == Mode::ForcedOpen {
            self.mode = Mode::Normal;
            self.mode_until = Tick::NEVER;
        }
        let transition = self.enter(Phase::Closed { row: 0 }, now);
        (transition.from != State::Closed).then_some(transition)
    }

    /// Sets a mode until the given time. Calls in flight end without effect on the state.
    pub(crate) fn set_mode(&mut self, mode: Mode, until: Tick, now: Tick) {
        if mode == self.mode && now < self.mode_until {
            self.mode_until = until;
            return;
        }
        // What a dry run would have done was not done, and what it is to find out starts afresh.
        if self.mode == Mode::MetricsOnly || mode == Mode::MetricsOnly {
            self.phase = Phase::Closed { row: 0 };
            self.phase_since = now;
            self.watched = false;
        } else if let Phase::HalfOpen(probes) = &mut self.phase {
            probes.in_flight.clear();
        }
        self.mode = mode;
        self.mode_since = now;
        self.mode_until = until;
        self.generation += 1;
    }

    fn end_mode(&mut self, now: Tick) {
        if now >= self.mode_until {
            self.set_mode(Mode::Normal, Tick::NEVER, now);
        }
    }

    /// A timer has begun, or has ceased, to watch the open time of this generation.
    pub(crate) fn set_watched(&mut self, generation: u64, watched: bool) {
        if self.generation == generation {
            self.watched = watched;
        }
    }

    pub(crate) fn detach(&mut self) {
        self.detached = true;
    }

    pub(crate) fn mode(&self, now: Tick) -> Mode {
        if now >= self.mode_until { Mode::Normal } else { self.mode }
    }

    /// What a caller who came at `now` would meet. Changes nothing.
    pub(crate) fn state(&self, now: Tick) -> State {
        match (self.mode(now), &self.phase) {
            (Mode::ForcedOpen, _) => State::Open,
            (Mode::MetricsOnly, _) => State::Closed,
            (_, Phase::Open) if now >= self.opening.until => State::HalfOpen,
            (_, phase) => phase.state(),
        }
    }

    /// Since when the breaker has been in the state that [`Machine::state`] tells.
    pub(crate) fn state_since(&self, now: Tick) -> Tick {
        match self.phase {
            _ if matches!(self.mode(now), Mode::ForcedOpen | Mode::MetricsOnly) => self.mode_since,
            Phase::Open if now >= self.opening.until => self.opening.until,
            _ => self.phase_since,
        }
    }

    pub(crate) fn row(&self) -> u32 {
        match self.phase {
            Phase::Closed { row } => row,
            _ => 0,
        }
    }

    pub(crate) fn openings(&self) -> u64 {
        self.openings
    }

    pub(crate) fn opening(&self) -> Opening {
        self.opening
    }

    pub(crate) fn mode_until(&self) -> Tick {
        self.mode_until
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    pub(crate) fn word(&self, config: &Config) -> Word {
        Word::new(self.generation, self.phase.state(), self.mode)
            .with_row(self.row() > 0)
            .with_watched(self.watched)
            .with_detached(self.detached)
            .with_untimed(!config.response_times())
    }
}

impl Phase {
    fn state(&self) -> State {
        match self {
            Self::Closed { .. } => State::Closed,
            Self::Open => State::Open,
            Self::HalfOpen(_) => State::HalfOpen,
        }
    }
}

impl Probes {
    fn admit(&mut self, now: Tick, config: &Config) -> Result<Role, Refused> {
        let most = config.half_open_max_calls() as usize;
        if self.in_flight.len() >= most {
            self.in_flight.retain(|probe| now < probe.expires);
        }
        if self.in_flight.len() >= most {
            return Err(Refused::HalfOpen);
        }
        let id = self.admitted;
        self.admitted = self.admitted.wrapping_add(1);
        self.in_flight.push(Probe { id, expires: now.after(config.probe_timeout()) });
        Ok(Role::Probe(id))
    }

    /// Whether the permit was still held, and in time.
    fn give_back(&mut self, id: u32, now: Tick) -> bool {
        let held = self.in_flight.iter().position(|probe| probe.id == id);
        held.is_some_and(|at| now < self.in_flight.swap_remove(at).expires)
    }
}
