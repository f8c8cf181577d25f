//! What a closed breaker has counted since it closed: the row of failures, and the window.

use crate::{
    clock::Tick,
    config,
    window::{Counts, Mark, Window},
};

/// The row and the window. Starts empty at each change of state.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    row: u32,
    /// Plain successes before there was anything that a window had to be made for: as long as a
    /// breaker knows nothing but successes, their number is all there is to a window of calls.
    quiet: u64,
    window: Option<Box<Window>>,
}

impl Tally {
    /// Failures since the last success.
    pub(super) fn row(&self) -> u32 {
        self.row
    }

    /// Successes that are not told one by one belong to the slice of now, where there are slices.
    pub(super) fn begin(&mut self, setting: config::Window, now: Tick) {
        if matches!(setting, config::Window::Time(_)) {
            self.window(setting, now).begin_slice(now);
        }
    }

    fn window(&mut self, setting: config::Window, now: Tick) -> &mut Window {
        let quiet = std::mem::take(&mut self.quiet);
        self.window.get_or_insert_with(|| {
            let mut window = Box::new(Window::new(setting, now));
            window.add_successes(quiet);
            window
        })
    }

    /// Takes plain successes that ended while there was no row that they would have set back.
    pub(super) fn add_successes(&mut self, successes: u64, setting: config::Window, now: Tick) {
        match (&mut self.window, setting) {
            (Some(window), _) => window.add_successes(successes),
            (None, config::Window::Calls(_)) => self.quiet = self.quiet.saturating_add(successes),
            (None, config::Window::Time(_)) => self.window(setting, now).add_successes(successes),
        }
    }

    pub(super) fn add_success(&mut self, setting: config::Window, now: Tick) {
        self.row = 0;
        match (&mut self.window, setting) {
            (None, config::Window::Calls(_)) => self.quiet = self.quiet.saturating_add(1),
            _ => self.window(setting, now).add_success(now),
        }
    }

    pub(super) fn add(&mut self, mark: Mark, setting: config::Window, now: Tick) {
        match mark {
            Mark::Failure | Mark::SlowFailure => self.row = self.row.saturating_add(1),
            Mark::SlowSuccess => self.row = 0,
            Mark::SlowDrop => {}
        }
        self.window(setting, now).add(mark, now);
    }

    pub(super) fn counts(&self, setting: config::Window, now: Tick) -> Counts {
        match (&self.window, setting) {
            (Some(window), _) => window.counts(now),
            (None, config::Window::Calls(size)) => {
                Counts { calls: self.quiet.min(u64::from(size)), ..Counts::default() }
            }
            (None, config::Window::Time(_)) => Counts::default(),
        }
    }

    /// When the window has something to be told of the time, if it is one of time.
    pub(super) fn slice_end(&self, now: Tick) -> Option<Tick> {
        match self.window.as_deref() {
            Some(Window::Time(window)) => Some(window.slice_end(now)),
            _ => None,
        }
    }

    /// Changes the window's setting; what of it still fits stays, and the row does.
    pub(super) fn refit(&mut self, old: config::Window, new: config::Window, now: Tick) {
        if old == new {
            return;
        }
        match (&mut self.window, old, new) {
            (Some(window), ..) => window.refit(new, now),
            // More than the smaller one held is not to come back when the window grows.
            (None, config::Window::Calls(size), config::Window::Calls(_)) => {
                self.quiet = self.quiet.min(u64::from(size));
            }
            _ => self.quiet = 0,
        }
    }
}
