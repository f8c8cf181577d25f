//! What an operator does to the model.

use std::time::Duration;

use cb_runtime::Mode;

use super::{
    events::{Before, Cause, Event},
    judged::{Calls, Time, Why, after},
    model::{Model, Phase},
    settings::Setting,
};

impl Model {
    pub(crate) fn set_mode(&mut self, mode: Mode, time: Option<Duration>) {
        let until = time.and_then(|time| after(self.now, time));
        self.enter(mode, until);
        self.story.is_told();
        self.settle();
    }

    /// A mode is set, or another one's time is over.
    pub(crate) fn enter(&mut self, mode: Mode, until: Option<Time>) {
        let (from, end) = (self.mode, self.mode_until);
        (self.mode, self.mode_until) = (mode, until);
        if (from, end) != (mode, until) {
            self.story.push(Event::Mode { from, to: mode });
        }
        if from == mode {
            return;
        }
        self.generation += 1;
        let before = self.phase.counted();
        if from == Mode::MetricsOnly || mode == Mode::MetricsOnly {
            self.phase = Phase::Closed(Calls::default());
            self.openings_in_row = 0;
        }
        // What a closed breaker has counted goes on where it was.
        if let Phase::HalfOpen { probes, .. } = &mut self.phase {
            probes.clear();
        }
        if mode == Mode::ForcedOpen {
            self.show(Cause::Opened(Why::Forced), before);
        } else {
            self.show(Cause::Mode, Before::default());
        }
    }

    pub(crate) fn reset(&mut self) {
        self.story.push(Event::Reset);
        self.openings_in_row = 0;
        if self.mode == Mode::ForcedOpen {
            (self.mode, self.mode_until) = (Mode::Normal, None);
            self.story.push(Event::Mode { from: Mode::ForcedOpen, to: Mode::Normal });
        }
        self.go_to(Phase::Closed(Calls::default()), Cause::Reset);
        self.story.is_told();
    }

    /// Whether the settings that come out are valid, and so in force.
    pub(crate) fn reconfigure(&mut self, setting: Setting) -> bool {
        let changed = self.settings.with(setting);
        if !changed.valid() {
            return false;
        }
        if let Phase::Closed(calls) = &mut self.phase {
            calls.change_window(&self.settings, &changed, self.now);
        }
        if self.settings.reset_timeout().is_none() {
            // Nobody has looked at the time of calls before.
            self.last_call = self.now;
        }
        if !changed.come_to_the_same(&self.settings) {
            self.story.push(Event::Config);
        }
        self.settings = changed;
        self.story.is_told();
        self.settle();
        true
    }
}
