//! The state machine: plain data that is told the time and what happened, and answers what changed.
//!
//! Nothing here is shared between threads, reads a clock or runs a caller's code. What several
//! threads do with it is in [`core`](super::core); what a call may do without asking it is in
//! [`Word`].

use std::time::Duration;

use super::{
    change::{Before, Change, Transition, TransitionReason},
    opening::Opening,
    openings::Openings,
    probes::Probes,
    state::{Mode, State, Word},
    tally::Tally,
};
use crate::{
    clock::Tick,
    config::Config,
    policy::{OpenReason, on_failure, on_slow_success, open_time, shed_probability},
    window::{Counts, Mark},
};

/// Admits calls and judges by their outcomes whether to go on doing so.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is a bit of the word")]
pub(crate) struct Machine {
    pub(super) generation: u64,
    pub(super) phase: Phase,
    pub(super) mode: Mode,
    /// When callers last met another state, or an operator set another mode.
    pub(super) since: Tick,
    /// When the mode ends by itself.
    pub(super) mode_until: Tick,
    pub(super) tally: Tally,
    /// Made by the first opening.
    pub(super) openings: Option<Box<Openings>>,
    /// What the path without a lock had counted when it was last looked at.
    pub(super) seen: Passed,
    /// When a call last began or ended, as far as is known.
    pub(super) last_call: Tick,
    /// Calls need not ask until the timer rings: see [`Machine::settle`].
    pub(super) settled: bool,
    pub(super) watched: bool,
    /// A task runs health checks in the place of probes.
    pub(super) checked: bool,
    detached: bool,
    narrated: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Phase {
    Closed,
    Open,
    /// Boxed, so that a breaker that is not half-open has no room set aside for it.
    HalfOpen(Box<Probes>),
}

/// What the path without a lock has counted since the breaker was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Passed {
    /// Calls that were admitted, on whatever path.
    pub(crate) admitted: u64,
    /// Successes that changed nothing and so were not told.
    pub(crate) successes: u64,
}

/// What the machine is told whenever something happens, and where it puts what changed.
pub(crate) struct Step<'a> {
    pub(crate) now: Tick,
    pub(crate) config: &'a Config,
    pub(crate) passed: Passed,
    /// Draws from [0, 1).
    pub(crate) chance: fn() -> f64,
    pub(crate) news: Vec<Change>,
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
    Shed,
    /// The breaker let it pass, but so many calls are under way already.
    BulkheadFull(u32),
}

/// What an ended call tells the machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Outcome {
    pub(crate) judged: Judged,
    /// It took longer than `slow_call`.
    pub(crate) slow: bool,
    /// The error said to stay away for so long; zero where it did not.
    pub(crate) stay_away: Duration,
}

/// What a call was judged to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Judged {
    Success,
    Failure,
    /// Says nothing about the service: an ignored error, or a call that its caller dropped.
    Nothing,
}

impl From<Judged> for Outcome {
    fn from(judged: Judged) -> Self {
        Self { judged, slow: false, stay_away: Duration::ZERO }
    }
}

impl Outcome {
    fn mark(self) -> Option<Mark> {
        match (self.judged, self.slow) {
            (Judged::Failure, false) => Some(Mark::Failure),
            (Judged::Failure, true) => Some(Mark::SlowFailure),
            (Judged::Success, true) => Some(Mark::SlowSuccess),
            (Judged::Nothing, true) => Some(Mark::SlowDrop),
            (Judged::Success | Judged::Nothing, false) => None,
        }
    }
}

impl Machine {
    pub(crate) fn new(now: Tick) -> Self {
        Self {
            generation: 0,
            phase: Phase::Closed,
            mode: Mode::Normal,
            since: now,
            mode_until: Tick::NEVER,
            tally: Tally::default(),
            openings: None,
            seen: Passed::default(),
            last_call: now,
            settled: false,
            watched: false,
            checked: false,
            detached: false,
            narrated: false,
        }
    }

    /// Decides on one call.
    pub(crate) fn admit(&mut self, step: &mut Step<'_>) -> Result<Role, Refused> {
        self.catch_up(step);
        let decision = match self.mode {
            Mode::Disabled => return Ok(Role::Uncounted),
            Mode::ForcedOpen => return Err(Refused::ForcedOpen),
            Mode::Normal => self.admit_by_phase(step),
            Mode::MetricsOnly => Ok(self.admit_by_phase(step).unwrap_or(Role::Onlooker)),
        };
        if decision.is_ok() {
            self.last_call = step.now;
        }
        decision
    }

    fn admit_by_phase(&mut self, step: &mut Step<'_>) -> Result<Role, Refused> {
        let open_until = self.opening().until;
        match &mut self.phase {
            Phase::Closed => {
                let probability = self.shed_probability(step.now, step.config);
                if probability > 0.0 && (step.chance)() < probability {
                    return Err(Refused::Shed);
                }
                Ok(Role::Call)
            }
            Phase::Open if step.now < open_until => Err(Refused::Open),
            Phase::Open | Phase::HalfOpen(_) if self.checked => Err(Refused::HalfOpen),
            Phase::Open => {
                let mut probes = Box::<Probes>::default();
                let probe = probes.admit(step.now, step.config);
                self.half_open(probes, step);
                probe
            }
            Phase::HalfOpen(probes) => probes.admit(step.now, step.config),
        }
    }

    pub(super) fn half_open(&mut self, probes: Box<Probes>, step: &mut Step<'_>) {
        self.enter(Phase::HalfOpen(probes), TransitionReason::OpenTimeOver, None, step);
    }

    /// Whether it turns a share of the calls away, as a closed one.
    pub(crate) fn sheds(&self, now: Tick, config: &Config) -> bool {
        matches!(self.phase, Phase::Closed)
            && self.mode(now) == Mode::Normal
            && self.shed_probability(now, config) > 0.0
    }

    fn shed_probability(&self, now: Tick, config: &Config) -> f64 {
        if config.shed().is_none() {
            return 0.0;
        }
        shed_probability(config, &self.tally.counts(config.window(), now))
    }

    /// Takes the outcome of a call that was admitted in `generation`. One that was admitted in an
    /// earlier state, or whose permit has gone to another, changes nothing.
    pub(crate) fn record(
        &mut self,
        generation: u64,
        role: Role,
        outcome: Outcome,
        step: &mut Step<'_>,
    ) {
        self.catch_up(step);
        self.last_call = step.now;
        if generation != self.generation {
            return;
        }
        match (&mut self.phase, role) {
            (Phase::Closed, Role::Call) => self.record_call(outcome, step),
            (Phase::HalfOpen(probes), Role::Probe(id)) => {
                let in_time = probes.give_back(id, step.now);
                if in_time {
                    self.record_probe(outcome, step);
                }
            }
            _ => {}
        }
    }

    fn record_call(&mut self, outcome: Outcome, step: &mut Step<'_>) {
        let (now, config) = (step.now, step.config);
        let Some(mark) = outcome.mark() else {
            if outcome.judged == Judged::Success {
                self.tally.add_success(config.window(), now);
            }
            return;
        };
        self.tally.add(mark, config.window(), now);
        let counts = self.tally.counts(config.window(), now);
        if !mark.is_failure() {
            if let Some(reason) = on_slow_success(config, &counts) {
                self.open(reason, None, step);
            }
        } else if !outcome.stay_away.is_zero() {
            self.open(OpenReason::StayAway, Some(outcome.stay_away), step);
        } else if let Some(reason) = on_failure(config, self.tally.row(), &counts) {
            self.open(reason, None, step);
        }
    }

    /// Takes the outcome of a probe whose permit has come back.
    fn record_probe(&mut self, outcome: Outcome, step: &mut Step<'_>) {
        let Phase::HalfOpen(probes) = &mut self.phase else { return };
        match outcome.judged {
            Judged::Failure if !outcome.stay_away.is_zero() => {
                self.open(OpenReason::StayAway, Some(outcome.stay_away), step);
            }
            Judged::Failure if self.checked => self.open(OpenReason::HealthCheckFailed, None, step),
            Judged::Failure => self.open(OpenReason::ProbeFailed, None, step),
            _ if outcome.slow => self.open(OpenReason::ProbeSlow, None, step),
            Judged::Nothing => {}
            Judged::Success => {
                probes.successes += 1;
                let count = probes.successes;
                if count >= step.config.success_threshold() {
                    self.forget_openings();
                    let reason = TransitionReason::ProbesSucceeded { count };
                    self.enter(Phase::Closed, reason, None, step);
                }
            }
        }
    }

    /// Opens, for so long or for the time that the settings say.
    pub(super) fn open(&mut self, reason: OpenReason, time: Option<Duration>, step: &mut Step<'_>) {
        let in_a_row = self.openings.as_ref().map_or(0, |openings| openings.in_a_row);
        let in_a_row = in_a_row.saturating_add(1);
        let time = time.unwrap_or_else(|| open_time(step.config, in_a_row, step.chance));
        let latest = Opening::new(step.now, step.now.after(time), reason);
        let (count, made) = if self.mode == Mode::MetricsOnly {
            (self.openings(), self.last_opening())
        } else {
            (self.openings() + 1, Some(reason))
        };
        self.openings = Some(Box::new(Openings { latest, count, reason: made, in_a_row }));
        let why = TransitionReason::Opened { reason };
        self.enter(Phase::Open, why, Some(latest), step);
    }

    pub(super) fn enter(
        &mut self,
        phase: Phase,
        reason: TransitionReason,
        opening: Option<Opening>,
        step: &mut Step<'_>,
    ) {
        let before = self.before(step.now, step.config);
        let from = self.phase.state();
        self.checked &= matches!(phase, Phase::HalfOpen(_));
        self.phase = phase;
        self.tally = Tally::default();
        self.watched = false;
        self.generation += 1;
        let (to, dry_run) = (self.phase.state(), self.mode == Mode::MetricsOnly);
        if from != to {
            if !dry_run {
                self.since = step.now;
            }
            let transition = Transition { from, to, reason, opening, dry_run, before };
            step.news.push(Change::Transition(transition));
        }
    }

    pub(super) fn before(&self, now: Tick, config: &Config) -> Before {
        let probe_successes = match &self.phase {
            Phase::HalfOpen(probes) => probes.successes,
            Phase::Closed | Phase::Open => 0,
        };
        Before { row: self.row(), probe_successes, window: self.tally.counts(config.window(), now) }
    }

    /// The settings are others from now on. State, row, and what still fits of the window stay.
    pub(crate) fn reconfigure(&mut self, new: &Config, step: &mut Step<'_>) {
        self.catch_up(step);
        if step.config.reset_timeout().is_none() {
            // When calls were was of no interest so far.
            self.last_call = step.now;
        }
        self.tally.refit(step.config.window(), new.window(), step.now);
    }

    /// A timer has begun, or has ceased, to watch the open time of this generation.
    pub(crate) fn set_watched(&mut self, generation: u64, watched: bool) {
        if self.generation == generation {
            self.watched = watched;
        }
    }

    /// Whether single calls are told of as events.
    pub(crate) fn set_narrated(&mut self, narrated: bool) {
        self.narrated = narrated;
    }

    pub(crate) fn detach(&mut self) {
        self.detached = true;
    }

    pub(crate) fn row(&self) -> u32 {
        match self.phase {
            Phase::Closed => self.tally.row(),
            _ => 0,
        }
    }

    pub(crate) fn counts(&self, now: Tick, config: &Config) -> Counts {
        self.tally.counts(config.window(), now)
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    pub(crate) fn word(&self, now: Tick, config: &Config) -> Word {
        let waits_for_time = self.waits_for_time(config);
        // What slides out of a window of time may be successes: then more calls are to be shed.
        let sheds =
            config.shed().is_some() && (waits_for_time || self.shed_probability(now, config) > 0.0);
        Word::new(self.generation, self.phase.state(), self.mode)
            .with_row(self.row() > 0)
            .with_watched(self.watched)
            .with_detached(self.detached)
            .with_narrated(self.narrated)
            .with_untimed(!config.response_times())
            .with_every_call_timed(config.slow_call().is_some())
            .with_careful(waits_for_time || sheds)
    }
}

impl Phase {
    pub(super) fn state(&self) -> State {
        match self {
            Self::Closed => State::Closed,
            Self::Open => State::Open,
            Self::HalfOpen(_) => State::HalfOpen,
        }
    }
}
