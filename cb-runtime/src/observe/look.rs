//! What health, alerts and recommendations are worked out from.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::{
    event::Event,
    latency::Spread,
    snapshot::{Snapshot, wall},
};
use crate::{
    breaker::{Mode, OpenReason, State, TransitionReason},
    clock::Tick,
};

/// A breaker at one moment, and what has happened to it lately.
pub(crate) struct Look {
    pub(crate) snapshot: Snapshot,
    pub(crate) now: Tick,
    /// Since when it has been in its state and mode.
    pub(crate) since: Tick,
    /// Since when callers have not met a closed breaker. For a breaker that they do meet closed, it
    /// says nothing: that a mode has run out is told with the next call.
    pub(crate) down_since: Option<Tick>,
    /// Its latest changes with their times, oldest first.
    pub(crate) recent: Vec<(Tick, Arc<Event>)>,
    pub(crate) spread: Spread,
    pub(crate) aside: Aside,
    /// It is closed and turns a share of the calls away.
    #[cfg_attr(
        not(feature = "admin"),
        allow(dead_code, reason = "nobody but the management API asks")
    )]
    pub(crate) sheds: bool,
}

/// Counts that are for this only.
#[derive(Clone, Copy, Default)]
pub(crate) struct Aside {
    /// Retries that failed too.
    pub(crate) failed_retries: u64,
    /// Calls turned away because as many as `max_concurrent` were under way.
    pub(crate) bulkhead_full: u64,
}

/// The state that calls meet: a breaker which lets all of them pass is as good as closed to them,
/// whatever state it will go on in.
pub(crate) fn met(state: State, mode: Mode) -> State {
    match mode {
        Mode::Normal | Mode::ForcedOpen => state,
        Mode::Disabled | Mode::MetricsOnly => State::Closed,
    }
}

impl Look {
    pub(super) fn met(&self) -> State {
        met(self.snapshot.state, self.snapshot.mode)
    }

    pub(super) fn name(&self) -> &str {
        &self.snapshot.name
    }

    /// How long ago that was.
    pub(super) fn age(&self, then: Tick) -> Duration {
        self.now.since(then)
    }

    /// The same time by the wall clock.
    pub(super) fn wall(&self, then: Tick) -> SystemTime {
        wall(self.now, then)
    }

    /// When the outage began that callers meet now: since then they have met no closed breaker, be it
    /// half-open at times.
    pub(super) fn outage(&self) -> Option<Tick> {
        (self.met() != State::Closed).then(|| self.down_since.unwrap_or(self.since))
    }

    /// Its changes of the last `within`, oldest first.
    pub(super) fn recent(&self, within: Duration) -> impl Iterator<Item = (Tick, &Event)> {
        let told = self.recent.iter().filter(move |(at, _)| self.age(*at) <= within);
        told.map(|(at, event)| (*at, &**event))
    }

    /// When it opened in the last `within` by its own counts, having been in this state before.
    pub(super) fn openings(&self, from: State, within: Duration) -> impl Iterator<Item = Tick> {
        self.recent(within).filter_map(move |(at, event)| match event {
            Event::Transition { reason, dry_run: false, from: before, .. } if *before == from => {
                match reason {
                    TransitionReason::Opened { reason: OpenReason::ForcedOpen } => None,
                    TransitionReason::Opened { .. } => Some(at),
                    _ => None,
                }
            }
            _ => None,
        })
    }
}

/// A share as people read it, to a tenth: one that is over a bound is to read so.
pub(super) fn percent(share: f64) -> String {
    let percent = format!("{:.1}", share * 100.0);
    format!("{} %", percent.strip_suffix(".0").unwrap_or(&percent))
}

/// A share of counts.
#[allow(clippy::cast_precision_loss, reason = "a share, not a count")]
pub(super) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
