//! What an operator does to the machine, what readers see of it, and the health check's part in it.

use super::{
    change::{Before, Change, Transition, TransitionReason},
    machine::{Machine, Phase, Role, Step},
    probes::Probes,
    state::{Mode, State},
    tally::Tally,
};
use crate::{clock::Tick, config::Config, observe::figures::changes::OpenSpan, policy::OpenReason};

impl Machine {
    /// Closes with nothing counted. Lifts [`Mode::ForcedOpen`], in which nothing is closed; another
    /// mode stays.
    pub(crate) fn reset(&mut self, step: &mut Step<'_>) {
        self.catch_up(step);
        step.news.push(Change::Reset);
        if self.mode == Mode::ForcedOpen {
            let (from, before) = (self.visible(), self.before(step.now, step.config));
            self.put_mode(Mode::Normal, Tick::NEVER, step);
            self.close();
            self.tell(from, TransitionReason::Reset, before, step);
        } else {
            self.enter(Phase::Closed, TransitionReason::Reset, None, step);
        }
        self.forget_openings();
    }

    /// Closed, with nothing counted; what is to be told of it, the caller tells.
    pub(super) fn close(&mut self) {
        self.phase = Phase::Closed;
        self.tally = Tally::default();
        self.forget_openings();
        self.watched = false;
        self.checked = false;
        self.generation += 1;
    }

    /// Opens as by a failure that is enough: of a probe, or of a service that asks to stay away.
    #[cfg(feature = "testing")]
    pub(crate) fn trip(&mut self, step: &mut Step<'_>) {
        self.catch_up(step);
        let due = step.now >= self.opening().until;
        let reason = match self.phase {
            _ if self.mode != Mode::Normal => return,
            Phase::Closed => OpenReason::StayAway,
            Phase::HalfOpen(_) => OpenReason::ProbeFailed,
            Phase::Open if due => {
                self.half_open(Box::default(), step);
                OpenReason::ProbeFailed
            }
            Phase::Open => return,
        };
        self.open(reason, None, step);
    }

    /// Sets a mode until the given time. Calls in flight end without effect on the state.
    pub(crate) fn set_mode(&mut self, mode: Mode, until: Tick, step: &mut Step<'_>) {
        self.catch_up(step);
        self.change_mode(mode, until, step);
    }

    fn change_mode(&mut self, mode: Mode, until: Tick, step: &mut Step<'_>) {
        if mode == self.mode {
            if until != self.mode_until {
                self.put_mode(mode, until, step);
            }
            return;
        }
        let (from, before) = (self.visible(), self.before(step.now, step.config));
        // What a dry run would have done was not done, and what it is to find out starts afresh.
        if self.mode == Mode::MetricsOnly || mode == Mode::MetricsOnly {
            self.close();
        } else {
            if let Phase::HalfOpen(probes) = &mut self.phase {
                probes.recall();
            }
            self.checked = false;
            self.generation += 1;
        }
        self.put_mode(mode, until, step);
        let reason = match mode {
            Mode::ForcedOpen => TransitionReason::Opened { reason: OpenReason::ForcedOpen },
            _ => TransitionReason::ModeChanged,
        };
        self.tell(from, reason, before, step);
    }

    fn put_mode(&mut self, mode: Mode, until: Tick, step: &mut Step<'_>) {
        let from = std::mem::replace(&mut self.mode, mode);
        self.mode_until = until;
        if from != mode {
            self.since = step.now;
        }
        step.news.push(Change::Mode { from, to: mode, until });
    }

    /// Tells of a change in what callers meet, if it is one.
    fn tell(&mut self, from: State, reason: TransitionReason, before: Before, step: &mut Step<'_>) {
        let to = self.visible();
        if from != to {
            self.since = step.now;
            let (opening, dry_run) = (None, false);
            let transition = Transition { from, to, reason, opening, dry_run, before };
            step.news.push(Change::Transition(transition));
        }
    }

    pub(super) fn end_mode(&mut self, step: &mut Step<'_>) {
        if step.now >= self.mode_until {
            self.change_mode(Mode::Normal, Tick::NEVER, step);
        }
    }

    /// What callers meet, as the events so far have told it.
    fn visible(&self) -> State {
        match self.mode {
            Mode::ForcedOpen => State::Open,
            Mode::MetricsOnly => State::Closed,
            Mode::Normal | Mode::Disabled => self.phase.state(),
        }
    }

    pub(crate) fn mode(&self, now: Tick) -> Mode {
        if now >= self.mode_until { Mode::Normal } else { self.mode }
    }

    pub(crate) fn mode_until(&self) -> Tick {
        self.mode_until
    }

    /// What a caller who came at `now` would meet. Changes nothing.
    pub(crate) fn state(&self, now: Tick) -> State {
        // A dry run that is over leaves a closed breaker.
        let dry_run_over = self.mode == Mode::MetricsOnly && now >= self.mode_until;
        match (self.mode(now), &self.phase) {
            (Mode::ForcedOpen, _) => State::Open,
            (Mode::MetricsOnly, _) => State::Closed,
            _ if dry_run_over => State::Closed,
            (_, Phase::Open) if now >= self.opening().until => State::HalfOpen,
            (_, phase) => phase.state(),
        }
    }

    /// When callers meet an open breaker, if they do or will unless something changes.
    pub(crate) fn open_span(&self, now: Tick) -> Option<OpenSpan> {
        let opening = matches!(self.phase, Phase::Open).then(|| self.opening().until);
        let (since, until) = match self.mode {
            Mode::Normal => (now, opening?),
            Mode::ForcedOpen => (now, self.mode_until.max(opening.unwrap_or(now))),
            // What is open is met again when the time of the mode is up.
            Mode::Disabled => (self.mode_until, opening?),
            Mode::MetricsOnly => return None,
        };
        (since < until).then_some(OpenSpan { since, until })
    }

    /// Since when the breaker has been in the state and mode that [`Machine::state`] and
    /// [`Machine::mode`] tell.
    pub(crate) fn since(&self, now: Tick) -> Tick {
        let of_mode = if now >= self.mode_until { self.mode_until } else { self.since };
        match self.phase {
            Phase::Open if self.state(now) == State::HalfOpen => of_mode.max(self.opening().until),
            _ => of_mode,
        }
    }

    /// Whether a health check ought to stand in for the probes, and none does.
    pub(crate) fn wants_check(&self, config: &Config) -> bool {
        config.health_check().is_some()
            && self.mode == Mode::Normal
            && !matches!(self.phase, Phase::Closed)
            && !self.checked
    }

    /// Whether a health check stands in for the probes.
    pub(crate) fn is_checked(&self) -> bool {
        self.checked
    }

    /// A task runs the checks of this generation from now on, or does not any more.
    pub(crate) fn set_checked(&mut self, generation: u64, checked: bool) {
        if self.generation == generation {
            self.checked = checked;
        }
    }

    /// The permit for one health check, once the open time is over; `None` where there is nothing to
    /// check any more.
    pub(crate) fn admit_check(&mut self, generation: u64, step: &mut Step<'_>) -> Option<Role> {
        self.catch_up(step);
        if generation != self.generation {
            return None;
        }
        let until = self.opening().until;
        match &mut self.phase {
            Phase::Open if step.now >= until => {
                let mut probes = Box::<Probes>::default();
                let permit = probes.admit_check(step.now, step.config).ok();
                self.half_open(probes, step);
                permit
            }
            Phase::HalfOpen(probes) => probes.admit_check(step.now, step.config).ok(),
            Phase::Open | Phase::Closed => None,
        }
    }
}
