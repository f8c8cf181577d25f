//! What a test does to a breaker, in steps that read well when a script has failed.

use std::{fmt, time::Duration};

use super::settings::{Setting, Settings};

/// How a call ends. A call cannot be `Ignored`: it is dropped instead. A permit that is held while a
/// panic passes is one that was dropped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum End {
    Success,
    Failure,
    Ignored,
    Dropped,
    Panicked,
}

/// How a call is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    /// By `CircuitBreaker::call`.
    Call,
    /// By `CircuitBreaker::try_acquire`.
    Permit,
}

/// A time at which something changes by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Moment {
    /// The open time is over.
    OpenEnd,
    /// The time of the mode that an operator has set is over.
    ModeEnd,
    /// The probe that was begun first has had its time.
    ProbeEnd,
    /// There has been no call for the `reset_timeout`.
    Forgetting,
    /// The call that was begun first is slow from now on.
    Slow,
    /// The first call in the window of time has left it.
    WindowEnd,
    /// The same, with the slice that it may lie in.
    SliceEnd,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Offset {
    At,
    NanoBefore,
    NanoAfter,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Step {
    /// A call from its begin to its end, the time it takes between them.
    Call(Way, End, Duration),
    /// So many calls, one after another, which take no time.
    Calls(usize, End),
    /// A call begun and left under way.
    Begin(Way),
    /// The end of one of the calls under way, counted from the first one and around.
    Finish(usize, End),
    Wait(Duration),
    WaitFor(Moment, Offset),
    Reset,
    ForceOpen,
    ForceOpenFor(Duration),
    Disable,
    DisableFor(Duration),
    MetricsOnly,
    MetricsOnlyFor(Duration),
    Resume,
    Reconfigure(Setting),
}

/// A breaker and what happens to it.
#[derive(Clone)]
pub(crate) struct Script {
    pub(crate) settings: Settings,
    pub(crate) steps: Vec<Step>,
}

impl Script {
    /// Whether it need not go the same way each time.
    pub(crate) fn has_chance(&self) -> bool {
        let changes = self.steps.iter().filter_map(|step| match step {
            Step::Reconfigure(setting) => Some(*setting),
            _ => None,
        });
        self.settings.iter().chain(changes).any(|setting| match setting {
            Setting::Shed(_) => true,
            Setting::Backoff(growth) => growth.jitter > 0.0,
            _ => false,
        })
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:?}", self.settings)?;
        for (number, step) in self.steps.iter().enumerate() {
            writeln!(f, "  {}: {step:?}", number + 1)?;
        }
        Ok(())
    }
}
