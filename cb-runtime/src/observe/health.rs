//! How all breakers of a registry are together.

use std::{fmt, time::Duration};

use serde::Serialize;

use super::{
    alert_bounds::AlertBounds,
    latency::{ResponseTimes, Spread},
    look::{Look, share},
    recommend::Recommendation,
};
use crate::breaker::{Mode, State};

/// How all breakers of a registry are together, at one moment.
///
/// What counts is what calls meet. A breaker that is [forced open](Mode::ForcedOpen) is an open one. One
/// that is [disabled](Mode::Disabled) or [only keeps figures](Mode::MetricsOnly) lets every call pass and
/// so is a closed one, whatever state it will go on in; how many there are is in
/// [`breakers`](Self::breakers).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "admin", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Health {
    /// The short of it.
    pub verdict: Verdict,
    /// The share of breakers that are closed, critical ones counting double: from 0 to 1, and 1 where
    /// there are none.
    pub score: f64,
    /// Whether every breaker is closed. So it is where there are none.
    pub all_closed: bool,
    /// How many there are of each kind.
    pub breakers: BreakerCounts,
    /// The names of the critical ones that are open. A half-open one is being tried again and is none.
    pub critical_down: Vec<String>,
    /// The names of all that are open.
    pub open_breakers: Vec<String>,
    /// Failures ÷ (successes + failures) of all calls since the breakers were made, from 0 to 1; `None`
    /// before the first. Not over the windows: these are empty while a breaker is open, so that an
    /// outage would look like health.
    pub error_rate: Option<f64>,
    /// How long the calls of all took since the breakers were made; `None` before the first that was
    /// timed.
    pub response_times: Option<ResponseTimes>,
    /// Whether the store answers through which breakers are shared with other instances of the program;
    /// `None` where they are not shared.
    pub store_connected: Option<bool>,
    /// What is advised, see [`Registry::recommendations`](crate::Registry::recommendations).
    pub recommendations: Vec<Recommendation>,
}

/// How breakers are together, in a word.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[cfg_attr(feature = "admin", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every breaker is closed, or there is none.
    Healthy,
    /// Some breaker is not closed, and it is not [`Failed`](Self::Failed).
    Degraded,
    /// A critical breaker is open, or the score, half-open breakers taken for closed, is under the
    /// [floor](AlertBounds::floor). Then [`should_continue`](crate::Registry::should_continue) says no.
    Failed,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Failed => "failed",
        })
    }
}

/// How many breakers there are, by what calls meet and by what operators have set.
///
/// `closed`, `open` and `half_open` together are `total`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "admin", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct BreakerCounts {
    /// All of them, those of each key among them.
    pub total: u64,
    /// Those that let calls pass; disabled ones and those that only keep figures too.
    pub closed: u64,
    /// Those that turn calls away; forced open ones too.
    pub open: u64,
    /// Those that let a few calls pass as probes.
    pub half_open: u64,
    /// The open ones that an operator has [forced open](Mode::ForcedOpen).
    pub forced_open: u64,
    /// The closed ones that are [disabled](Mode::Disabled).
    pub disabled: u64,
    /// The closed ones that [only keep figures](Mode::MetricsOnly).
    pub metrics_only: u64,
}

/// What weighs into the score.
#[derive(Clone, Copy, Default)]
pub(crate) struct Tally {
    closed: u64,
    half_open: u64,
    all: u64,
    is_critical_open: bool,
}

impl Tally {
    pub(crate) fn add(&mut self, critical: bool, met: State) {
        let weight = if critical { 2 } else { 1 };
        self.all += weight;
        match met {
            State::Closed => self.closed += weight,
            State::HalfOpen => self.half_open += weight,
            State::Open => self.is_critical_open |= critical,
        }
    }

    fn score(&self) -> f64 {
        if self.all == 0 { 1.0 } else { share(self.closed, self.all) }
    }

    /// Half-open breakers are not held against the program: it is only by its calls that they close,
    /// and a program that stopped for them would never find out.
    pub(crate) fn should_continue(&self, floor: f64) -> bool {
        let passing =
            if self.all == 0 { 1.0 } else { share(self.closed + self.half_open, self.all) };
        !self.is_critical_open && passing >= floor
    }

    fn verdict(&self, floor: f64) -> Verdict {
        if !self.should_continue(floor) {
            Verdict::Failed
        } else if self.closed < self.all {
            Verdict::Degraded
        } else {
            Verdict::Healthy
        }
    }
}

impl BreakerCounts {
    fn add(&mut self, met: State, mode: Mode) {
        self.total += 1;
        let of_state = match met {
            State::Closed => &mut self.closed,
            State::Open => &mut self.open,
            State::HalfOpen => &mut self.half_open,
        };
        *of_state += 1;
        match mode {
            Mode::Normal => {}
            Mode::ForcedOpen => self.forced_open += 1,
            Mode::Disabled => self.disabled += 1,
            Mode::MetricsOnly => self.metrics_only += 1,
        }
    }
}

/// Adds up what all calls of all breakers came to.
#[derive(Default)]
struct Calls {
    successes: u64,
    failures: u64,
    spread: Spread,
    nanos: u128,
    longest: Duration,
}

impl Calls {
    fn add(&mut self, look: &Look) {
        self.successes += look.snapshot.totals.successes;
        self.failures += look.snapshot.totals.failures;
        if let Some(times) = look.snapshot.response_times {
            self.spread.add(&look.spread);
            self.nanos += times.mean.as_nanos() * u128::from(times.timed);
            self.longest = self.longest.max(times.max);
        }
    }

    fn error_rate(&self) -> Option<f64> {
        let judged = self.successes + self.failures;
        (judged > 0).then(|| share(self.failures, judged))
    }

    fn response_times(&self) -> Option<ResponseTimes> {
        let longest = u64::try_from(self.longest.as_nanos()).unwrap_or(u64::MAX);
        self.spread.figures(self.nanos, longest)
    }
}

pub(crate) fn health(
    looks: &[Look],
    bounds: &AlertBounds,
    recommendations: Vec<Recommendation>,
) -> Health {
    let (mut tally, mut breakers, mut calls) =
        (Tally::default(), BreakerCounts::default(), Calls::default());
    for look in looks {
        tally.add(look.snapshot.critical, look.met());
        breakers.add(look.met(), look.snapshot.mode);
        calls.add(look);
    }
    let open = || looks.iter().filter(|look| look.met() == State::Open);
    let critical = open().filter(|look| look.snapshot.critical);
    Health {
        verdict: tally.verdict(bounds.floor),
        score: tally.score(),
        all_closed: breakers.closed == breakers.total,
        breakers,
        critical_down: critical.map(|look| look.name().to_owned()).collect(),
        open_breakers: open().map(|look| look.name().to_owned()).collect(),
        error_rate: calls.error_rate(),
        response_times: calls.response_times(),
        store_connected: None,
        recommendations,
    }
}

#[cfg(all(test, not(cb_loom)))]
mod tests {
    use super::*;

    fn tally(of: &[(bool, State)]) -> Tally {
        let mut tally = Tally::default();
        for &(critical, met) in of {
            tally.add(critical, met);
        }
        tally
    }

    #[test]
    fn scores_and_verdicts() {
        use State::{Closed, HalfOpen, Open};
        use Verdict::{Degraded, Failed, Healthy};
        type Row<'a> = (&'a [(bool, State)], f64, Verdict);
        let table: [Row<'_>; 11] = [
            (&[], 1.0, Healthy),
            (&[(false, Closed)], 1.0, Healthy),
            (&[(true, Closed), (false, Closed)], 1.0, Healthy),
            (&[(false, Closed), (false, Open)], 0.5, Degraded),
            (&[(true, Closed), (false, Open)], 2.0 / 3.0, Degraded),
            (&[(false, Closed), (true, HalfOpen)], 1.0 / 3.0, Degraded),
            (&[(false, HalfOpen)], 0.0, Degraded),
            (&[(false, Open)], 0.0, Failed),
            (&[(false, Closed), (false, Open), (false, Open)], 1.0 / 3.0, Failed),
            (&[(true, Open), (true, Closed), (true, Closed)], 2.0 / 3.0, Failed),
            (&[(false, HalfOpen), (false, Open), (false, Open)], 0.0, Failed),
        ];
        for (breakers, score, verdict) in table {
            let tally = tally(breakers);
            assert!((tally.score() - score).abs() < 1e-12, "{breakers:?}: {}", tally.score());
            assert_eq!(tally.verdict(0.5), verdict, "{breakers:?}");
            assert_eq!(tally.should_continue(0.5), verdict != Failed, "{breakers:?}");
        }
    }

    #[test]
    fn the_floor_itself_is_enough() {
        let half = tally(&[(false, State::Closed), (false, State::Open)]);
        assert!(half.should_continue(0.5));
        assert!(!half.should_continue(0.5 + f64::EPSILON));
        assert!(tally(&[(false, State::Open)]).should_continue(0.0));
        assert!(Tally::default().should_continue(1.0));
    }
}
