//! What the public interface shows of the breaker under test, and whether the model agrees.

use std::{fmt::Debug, time::Duration};

use cb_runtime::{CircuitBreaker, CircuitError, Mode, State};

use super::{
    events::{Event, opening, why},
    judged::{AGES, Why},
    model::{Model, Phase, Refusal, Totals},
};

#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Seen {
    state: State,
    mode: Mode,
    row: u32,
    totals: Totals,
    openings: u64,
    last_opening: Option<Why>,
    remaining_open: Option<Duration>,
    /// The rates of failures and of slow calls.
    rates: (Option<f64>, Option<f64>),
    history: Vec<Event>,
    /// If the history ends with an opening: why, and for how long.
    opening: Option<(Why, Duration)>,
}

pub(crate) fn look(breaker: &CircuitBreaker) -> Seen {
    let snapshot = breaker.snapshot();
    let totals = snapshot.totals;
    assert_eq!((snapshot.state, snapshot.mode), (breaker.state(), breaker.mode()));
    assert_eq!((totals.timeouts, totals.fallbacks), (0, 0), "there are none in these scripts");
    let others = (totals.fallback_failures, totals.stale_answers, totals.retries);
    assert_eq!(others, (0, 0, 0), "nor of these");
    let history = breaker.history();
    Seen {
        state: snapshot.state,
        mode: snapshot.mode,
        row: snapshot.consecutive_failures,
        totals: Totals {
            calls: totals.calls,
            successes: totals.successes,
            failures: totals.failures,
            ignored: totals.ignored,
            rejected: totals.rejected,
            cancelled: totals.cancelled,
            slow: totals.slow,
        },
        openings: snapshot.openings,
        last_opening: snapshot.last_opening.map(why),
        remaining_open: snapshot.remaining_open.map(for_ever),
        rates: (snapshot.failure_rate, snapshot.slow_call_rate),
        opening: opening(&history),
        history: history.iter().map(Event::from).collect(),
    }
}

impl Seen {
    /// The opening between the two, if there was one.
    pub(crate) fn opened_since(&self, before: &Self) -> Option<(Why, Duration)> {
        self.opening.filter(|_| self.history != before.history)
    }
}

/// What the breaker said to a call that it turned away.
pub(crate) fn refusal(error: &CircuitError) -> Refusal {
    assert!(error.is_rejection());
    let retry_after = error.retry_after();
    match error {
        CircuitError::Open { opening, .. } => {
            Refusal::Open(for_ever(retry_after.unwrap()), Some(why(opening.reason())))
        }
        CircuitError::HalfOpen { .. } => {
            assert_eq!(retry_after, None);
            Refusal::HalfOpen
        }
        CircuitError::ForcedOpen { .. } => Refusal::ForcedOpen(retry_after),
        CircuitError::Shed { .. } => {
            assert_eq!(retry_after, None);
            Refusal::Shed
        }
        other => unreachable!("nothing in these scripts is turned away with {other:?}"),
    }
}

/// Says where the two differ.
pub(crate) fn compare(model: &Model, seen: &Seen) -> Result<(), String> {
    let mut found = Differences::default();
    found.check("state", &model.state(), &seen.state);
    found.check("mode", &model.mode, &seen.mode);
    found.check("totals", &model.totals, &seen.totals);
    found.check("openings", &model.openings, &seen.openings);
    found.check("last opening", &model.last_opening, &seen.last_opening);
    found.check("row", &model.phase.row(), &seen.row);
    let remaining = match model.phase {
        Phase::Open { until } if model.mode != Mode::ForcedOpen && model.state() == State::Open => {
            Some(until.map_or(Duration::MAX, |until| until - model.now))
        }
        _ => None,
    };
    found.check("remaining open time", &remaining, &seen.remaining_open);
    let rates = model.rates();
    if !rates.contains(&seen.rates) {
        found.0.push(format!("rates: of {rates:?} by the model, {:?} by the breaker", seen.rates));
    }
    if !model.story.is(&seen.history) {
        let end = &seen.history[seen.history.len().saturating_sub(4)..];
        let expected = model.story.end();
        found.0.push(format!("events: … {expected:?} by the model, … {end:?} by the breaker"));
    }
    found.into_result()
}

#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    fn check<T: PartialEq + Debug>(&mut self, what: &str, expected: &T, seen: &T) {
        if expected != seen {
            self.0.push(format!("{what}: {expected:?} by the model, {seen:?} by the breaker"));
        }
    }

    fn into_result(self) -> Result<(), String> {
        if self.0.is_empty() { Ok(()) } else { Err(self.0.join("\n")) }
    }
}

/// A time that no program lives to see is as long as any other.
fn for_ever(time: Duration) -> Duration {
    if time < AGES { time } else { Duration::MAX }
}
