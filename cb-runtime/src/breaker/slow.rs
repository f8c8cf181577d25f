//! Since when a call is slow, for calls that began under earlier settings too.

use std::time::Duration;

use super::state::Word;
use crate::config::Config;

/// So many settings of `slow_call` are told apart; a call that outlives them all is held against a
/// later one.
const EPOCHS: usize = Word::NUMBER_OF_EPOCHS;

/// What `slow_call` is, and was. Takes no room where it never was anything.
pub(super) struct SlowCalls(Option<Box<Known>>);

#[derive(Default)]
struct Known {
    /// Counts the changes.
    epoch: u64,
    now: Option<Duration>,
    /// By epoch, made with the first change.
    earlier: Option<Box<[Option<Duration>; EPOCHS]>>,
    /// The shortest there has ever been.
    quickest: Option<Duration>,
}

impl SlowCalls {
    pub(super) fn new(config: &Config) -> Self {
        let now = config.slow_call();
        Self(now.map(|_| Box::new(Known { now, quickest: now, ..Known::default() })))
    }

    pub(super) fn epoch(&self) -> u64 {
        self.0.as_ref().map_or(0, |known| known.epoch)
    }

    /// In nanoseconds, what no call that was ever slow was quicker than.
    pub(super) fn quickest(&self) -> u64 {
        self.0.as_ref().and_then(|known| known.quickest).map_or(u64::MAX, nanos)
    }

    /// Other settings are in force from here on.
    pub(super) fn change(&mut self, config: &Config) {
        let new = config.slow_call();
        if new != self.0.as_ref().and_then(|known| known.now) {
            self.0.get_or_insert_default().change(new);
        }
    }

    /// Whether a call that began in this epoch was slow.
    pub(super) fn is_slow(&self, epoch: usize, took: Duration) -> bool {
        let bound = self.0.as_ref().and_then(|known| known.at(epoch));
        bound.is_some_and(|bound| took > bound)
    }
}

impl Known {
    fn change(&mut self, new: Option<Duration>) {
        let earlier = self.earlier.get_or_insert_with(|| Box::new([None; EPOCHS]));
        if let Some(place) = earlier.get_mut(place(self.epoch)) {
            *place = self.now;
        }
        self.epoch += 1;
        self.now = new;
        self.quickest = [self.quickest, new].into_iter().flatten().min();
    }

    fn at(&self, epoch: usize) -> Option<Duration> {
        if epoch == place(self.epoch) {
            return self.now;
        }
        self.earlier.as_ref().and_then(|earlier| *earlier.get(epoch)?)
    }
}

fn place(epoch: u64) -> usize {
    usize::try_from(epoch).unwrap_or(usize::MAX) % EPOCHS
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(all(test, not(cb_loom)))]
#[allow(clippy::expect_used, reason = "a helper of a test fails the test")]
mod tests {
    use super::*;

    fn config(slow_call: Option<u64>) -> Config {
        let config = Config::builder();
        let config =
            slow_call.map_or(config, |seconds| config.slow_call(Duration::from_secs(seconds)));
        config.build().expect("valid settings")
    }

    #[test]
    fn a_call_is_held_against_what_it_began_under() {
        let took = Duration::from_secs(3);
        let mut slow_calls = SlowCalls::new(&config(Some(5)));
        slow_calls.change(&config(Some(1)));
        slow_calls.change(&config(Some(1)));
        slow_calls.change(&config(None));
        let slow: Vec<bool> = (0..3).map(|epoch| slow_calls.is_slow(epoch, took)).collect();
        assert_eq!(slow, [false, true, false]);
        assert_eq!(slow_calls.quickest(), 1_000_000_000);
        assert!(!slow_calls.is_slow(1, Duration::from_secs(1)), "exactly as long is not longer");
    }
}
