//! What of the calls that pass unasked the machine learns, and when.
//!
//! A success that changes nothing is counted outside, and the machine catches up with the count whenever
//! it is asked something. That is exact where only the number of calls matters. Where it matters when
//! they were, in a window of time and for `reset_timeout`, calls may pass unasked only until the end
//! of a slice of that time.

use std::time::Duration;

use super::{
    machine::{Machine, Passed, Phase, Step},
    state::Mode,
    tally::Tally,
};
use crate::{
    clock::Tick,
    config::{Config, Window},
};

/// A timer is neither worth its while nor exact enough for less.
const SHORTEST: Duration = Duration::from_millis(5);

impl Machine {
    /// Takes note of the time, and of what passed unasked since the last step.
    pub(super) fn catch_up(&mut self, step: &mut Step<'_>) {
        self.count_passed(step.now, step.config, step.passed);
        self.end_mode(step);
    }

    fn count_passed(&mut self, now: Tick, config: &Config, passed: Passed) {
        let seen = std::mem::replace(&mut self.seen, passed);
        if !matches!(self.phase, Phase::Closed) {
            return;
        }
        let successes = passed.successes.wrapping_sub(seen.successes);
        if successes > 0 {
            self.tally.add_successes(successes, config.window(), now);
        }
        if self.settled && passed.admitted != seen.admitted {
            self.last_call = now;
        }
        if config.reset_timeout().is_some_and(|idle| now >= self.last_call.after(idle)) {
            self.tally = Tally::default();
        }
    }

    /// What a reader at `now` is to see.
    pub(crate) fn as_of(&self, now: Tick, config: &Config, passed: Passed) -> Self {
        let mut machine = self.clone();
        machine.count_passed(now, config, passed);
        if machine.mode == Mode::MetricsOnly && now >= machine.mode_until {
            machine.close();
        }
        machine
    }

    /// Lets calls pass unasked until the time that is returned, when
    /// [`unsettle`](Self::unsettle) is to be called; `None` where nothing is gained by it.
    ///
    /// A window of time, and `reset_timeout`, ask of each call when it was. That it was in this
    /// slice, or that there was one at all, is exact enough.
    pub(crate) fn settle(&mut self, now: Tick, config: &Config) -> Option<Tick> {
        if self.settled || !needs_time(config) || !self.counts_calls() {
            return None;
        }
        self.tally.begin(config.window(), now);
        let slice = self.tally.slice_end(now).unwrap_or(Tick::NEVER);
        let idle = config.reset_timeout().map_or(Tick::NEVER, |idle| now.after(idle / 16));
        let until = slice.min(idle);
        let worth = until != Tick::NEVER && until.since(now) >= SHORTEST;
        self.settled = worth;
        worth.then_some(until)
    }

    fn counts_calls(&self) -> bool {
        matches!(self.phase, Phase::Closed) && matches!(self.mode, Mode::Normal)
    }

    /// The timer has rung: the next call is to ask.
    pub(crate) fn unsettle(&mut self, step: &mut Step<'_>) {
        self.catch_up(step);
        self.settled = false;
    }

    /// Whether calls have to be asked when they are.
    pub(super) fn waits_for_time(&self, config: &Config) -> bool {
        needs_time(config) && !self.settled
    }
}

/// Whether it matters when calls were.
fn needs_time(config: &Config) -> bool {
    matches!(config.window(), Window::Time(_)) || config.reset_timeout().is_some()
}
