//! What a breaker tells about its changes, without times and names.

use std::time::Duration;

use cb_runtime::{Event as Told, Mode, OpenReason, State, TransitionReason};

use super::judged::{AGES, Why};

/// The most that a breaker's history holds.
const MOST: usize = 100;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Event {
    Transition { from: State, to: State, cause: Cause, before: Before, dry_run: bool },
    Mode { from: Mode, to: Mode },
    Reset,
    Config,
}

/// What had been counted before a change: of a closed breaker the row, of a half-open one the
/// successes. Not looked at where a mode ends, which may be told later than it is.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Before {
    pub(crate) row: u32,
    pub(crate) successes: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Cause {
    Opened(Why),
    OpenTimeOver,
    ProbesSucceeded(u32),
    Reset,
    Mode,
}

pub(crate) fn why(reason: OpenReason) -> Why {
    match reason {
        OpenReason::ConsecutiveFailures { count } => Why::Row { count },
        OpenReason::FailureRate { failures, calls, .. } => Why::FailureRate { failures, calls },
        OpenReason::SlowCallRate { slow, calls, .. } => Why::SlowCallRate { slow, calls },
        OpenReason::ProbeFailed => Why::ProbeFailed,
        OpenReason::ProbeSlow => Why::ProbeSlow,
        OpenReason::ForcedOpen => Why::Forced,
        other => unreachable!("nothing in these scripts opens by {other:?}"),
    }
}

fn cause(reason: TransitionReason) -> Cause {
    match reason {
        TransitionReason::Opened { reason } => Cause::Opened(why(reason)),
        TransitionReason::OpenTimeOver => Cause::OpenTimeOver,
        TransitionReason::ProbesSucceeded { count } => Cause::ProbesSucceeded(count),
        TransitionReason::Reset => Cause::Reset,
        TransitionReason::ModeChanged => Cause::Mode,
        other => unreachable!("nothing in these scripts changes the state by {other:?}"),
    }
}

impl From<&Told> for Event {
    fn from(told: &Told) -> Self {
        match told {
            Told::Transition { from, to, reason, counts, dry_run, .. } => Self::Transition {
                from: *from,
                to: *to,
                cause: cause(*reason),
                before: if *reason == TransitionReason::ModeChanged {
                    Before::default()
                } else {
                    Before { row: counts.consecutive_failures, successes: counts.probe_successes }
                },
                dry_run: *dry_run,
            },
            Told::ModeChanged { from, to, .. } => Self::Mode { from: *from, to: *to },
            Told::Reset { .. } => Self::Reset,
            Told::ConfigChanged { .. } => Self::Config,
            other => unreachable!("a history does not hold {other:?}"),
        }
    }
}

/// The opening that a history ends with, and how long it lasts.
pub(crate) fn opening(history: &[Told]) -> Option<(Why, Duration)> {
    match history.last()? {
        Told::Transition { reason: TransitionReason::Opened { reason }, open_for, .. } => {
            let open_for = (*open_for)?;
            Some((why(*reason), if open_for < AGES { open_for } else { Duration::MAX }))
        }
        _ => None,
    }
}

/// What the model tells. The end of a mode whose time has run out may be told by the next call or
/// change.
#[derive(Default)]
pub(crate) struct Story {
    events: Vec<Event>,
    told: usize,
}

impl Story {
    pub(crate) fn push(&mut self, event: Event) {
        self.events.push(event);
    }

    pub(crate) fn is_told(&mut self) {
        self.told = self.events.len();
    }

    /// Whether the history is this story, as far as it is to be told by now.
    pub(crate) fn is(&self, history: &[Event]) -> bool {
        (self.told..=self.events.len()).any(|told| latest(&self.events[..told]) == history)
    }

    /// The end of the story.
    pub(crate) fn end(&self) -> &[Event] {
        &self.events[self.events.len().saturating_sub(4)..]
    }
}

fn latest(events: &[Event]) -> &[Event] {
    &events[events.len().saturating_sub(MOST)..]
}
