//! Time, as breakers keep it.

use std::time::Duration;

#[cfg(not(cb_loom))]
pub(crate) use pausable::PAUSABLE;
use tokio::time::Instant;

/// A point in time: nanoseconds from an anchor that the process sets once.
///
/// Signed, because a paused tokio runtime may have stopped its clock before the anchor was set. It
/// fits an atomic word and reaches 292 years to either side.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Tick(pub(crate) i64);

impl Tick {
    /// Later than every time that can be reached.
    pub(crate) const NEVER: Self = Self(i64::MAX);
    /// Stands for "was not read".
    pub(crate) const UNKNOWN: Self = Self(i64::MIN);

    pub(crate) fn is_known(self) -> bool {
        self != Self::UNKNOWN
    }

    /// This time moved on by `wait`; [`Tick::NEVER`] where that is out of reach.
    pub(crate) fn after(self, wait: Duration) -> Self {
        i64::try_from(wait.as_nanos()).map_or(Self::NEVER, |wait| Self(self.0.saturating_add(wait)))
    }

    /// This time moved back by `age`.
    #[cfg(all(feature = "disk-cache", not(cb_loom)))]
    pub(crate) fn before(self, age: Duration) -> Self {
        i64::try_from(age.as_nanos()).map_or(Self::UNKNOWN, |age| Self(self.0.saturating_sub(age)))
    }

    /// How long ago `earlier` was; zero where it lies ahead.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.nanos_since(earlier))
    }

    /// The same in nanoseconds, which a `Duration` would have to be divided into and made of again.
    pub(crate) fn nanos_since(self, earlier: Self) -> u64 {
        u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or_default()
    }
}

#[cfg(not(cb_loom))]
impl Tick {
    /// The current time, by tokio's clock: what `tokio::time::pause` stops, this stops too.
    pub(crate) fn now() -> Self {
        let (now, anchor) = (Instant::now(), anchor());
        match now.checked_duration_since(anchor) {
            Some(since) => Self(nanos(since)),
            None => Self(-nanos(anchor.duration_since(now))),
        }
    }

    /// The same point in time for people who have tokio's type at hand.
    pub(crate) fn instant(self) -> Instant {
        let distance = Duration::from_nanos(self.0.unsigned_abs());
        let anchor = anchor();
        let moved =
            if self.0 >= 0 { anchor.checked_add(distance) } else { anchor.checked_sub(distance) };
        moved.unwrap_or(anchor)
    }
}

/// In one multiplication, as this is on the way of every call that is timed.
#[cfg(not(cb_loom))]
fn nanos(time: Duration) -> i64 {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    seconds.saturating_mul(1_000_000_000).saturating_add(i64::from(time.subsec_nanos()))
}

#[cfg(not(cb_loom))]
fn anchor() -> Instant {
    static ANCHOR: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    *ANCHOR.get_or_init(Instant::now)
}

/// Under loom time stands where a test has set it. loom runs all threads of a model on the system's
/// one, so a test's time is its own.
#[cfg(cb_loom)]
impl Tick {
    pub(crate) fn now() -> Self {
        Self(LOOM_NOW.get())
    }

    /// Moves the clock of this test. Not undone between the runs of a model.
    #[cfg(test)]
    pub(crate) fn set_now(self) {
        LOOM_NOW.set(self.0);
    }

    #[allow(clippy::unused_self, reason = "no test under loom asks for more than some instant")]
    pub(crate) fn instant(self) -> Instant {
        Instant::now()
    }
}

#[cfg(cb_loom)]
thread_local! {
    static LOOM_NOW: std::cell::Cell<i64> = const { std::cell::Cell::new(0) };
}

#[cfg(cb_loom)]
pub(crate) const PAUSABLE: bool = true;

/// Whether this program was built with a tokio whose clock can be paused (its feature `test-util`).
///
/// Where it can, every rejection reads the clock, so that a paused clock decides to the nanosecond.
/// Where it cannot, a timer may watch the clock instead and rejections need not read it.
///
/// No library can see which features another one was built with, but it can see which names are
/// there: a block's glob import is asked before the module around it, so `pause` below is tokio's
/// where tokio has one and ours where it has none.
#[cfg(not(cb_loom))]
mod pausable {
    pub(crate) const PAUSABLE: bool = {
        #[allow(unused_imports, reason = "tokio has no `pause` in most builds")]
        #[allow(
            clippy::wildcard_imports,
            reason = "a name that may be missing cannot be imported"
        )]
        use tokio::time::*;
        answer(&pause)
    };

    #[allow(dead_code, reason = "never called: only its type is looked at")]
    fn pause() -> Absent {
        Absent
    }

    struct Absent;

    trait Answer {
        const PAUSABLE: bool;
    }

    impl Answer for () {
        const PAUSABLE: bool = true;
    }

    impl Answer for Absent {
        const PAUSABLE: bool = false;
    }

    const fn answer<R: Answer, F: Fn() -> R>(_: &F) -> bool {
        R::PAUSABLE
    }
}

#[cfg(all(test, not(cb_loom)))]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_saturates() {
        let now = Tick(5);
        assert_eq!(now.after(Duration::MAX), Tick::NEVER);
        assert_eq!(Tick::NEVER.after(Duration::from_secs(1)), Tick::NEVER);
        assert_eq!(now.since(Tick(9)), Duration::ZERO);
        assert_eq!(Tick::NEVER.since(Tick(-1)), Duration::from_nanos(i64::MAX as u64));
    }

    #[test]
    fn an_instant_survives_the_way_there_and_back() {
        let tick = Tick::now();
        assert_eq!(
            tick.after(Duration::from_secs(3)).instant() - tick.instant(),
            Duration::from_secs(3)
        );
        assert_eq!(tick.instant() - Tick(tick.0 - 7).instant(), Duration::from_nanos(7));
    }
}
