//! The metrics: what they are called, what they mean, and what of the figures they are.

use super::{
    Counts, Figures,
    changes::{REASONS, TRANSITIONS},
    severity,
};
use crate::{breaker::State, observe::latency::lower_edge};

/// One metric of every name.
pub(crate) struct Metric {
    /// With the unit and, of a counter, `_total`.
    pub(crate) name: &'static str,
    pub(crate) help: &'static str,
    pub(crate) is_in_seconds: bool,
    pub(crate) read: Read,
}

/// How a metric is read off the figures of a name.
pub(crate) enum Read {
    /// A number that never falls.
    Counter(fn(&Figures, &mut Tell<'_>)),
    Gauge(fn(&Figures, &mut Tell<'_>)),
    Histogram(fn(&Figures) -> Distribution),
}

/// Takes one series: its labels beside `name`, and what it is.
pub(crate) type Tell<'a> = dyn FnMut(&[Label], Value) + 'a;

pub(crate) type Label = (&'static str, &'static str);

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value {
    Whole(u64),
    Real(f64),
}

/// How long calls took.
pub(crate) struct Distribution {
    /// How many took less than each of [`EDGES`].
    pub(crate) below: [u64; EDGES.len()],
    pub(crate) count: u64,
    /// In seconds.
    pub(crate) sum: f64,
}

/// The upper bounds of the histogram that is exported, in seconds as they are written, each with the
/// bucket of the breakers' own histogram that begins there. Twelve, some three times one another: each
/// is a series of every name. A call of exactly so long, to the nanosecond, is in the next.
pub(crate) const EDGES: [(usize, &str); 12] = [
    (14, "0.000393216"),
    (17, "0.001048576"),
    (20, "0.003145728"),
    (23, "0.008388608"),
    (26, "0.025165824"),
    (29, "0.067108864"),
    (32, "0.201326592"),
    (35, "0.536870912"),
    (38, "1.610612736"),
    (41, "4.294967296"),
    (44, "12.884901888"),
    (47, "34.359738368"),
];

/// In seconds.
#[allow(clippy::cast_precision_loss, reason = "the edges have few digits")]
pub(crate) fn edge((bucket, _): (usize, &str)) -> f64 {
    lower_edge(bucket) as f64 / 1e9
}

/// The one metric that is of the whole registry: its name and its help. 0 or 1, and absent where breakers are
/// not shared.
pub(crate) const STORE_CONNECTED: (&str, &str) = (
    "circuit_breaker_store_connected",
    "1 while the store answers through which breakers are shared with other instances, 0 while not",
);

/// All metrics of a name, in the order in which they are told.
pub(crate) static METRICS: [Metric; 13] = [
    Metric {
        name: "circuit_breaker_state",
        help: "What calls meet: 0 closed, 1 half-open, 2 open; of keyed breakers the worst",
        is_in_seconds: false,
        read: Read::Gauge(|figures, tell| tell(&[], Value::Whole(severity(figures.now.state)))),
    },
    Metric {
        name: "circuit_breaker_in_state",
        help: "1 for the state that calls meet, 0 for the others",
        is_in_seconds: false,
        read: Read::Gauge(|figures, tell| {
            for state in [State::Closed, State::HalfOpen, State::Open] {
                let is = figures.now.state == state;
                tell(&[("state", word(state))], Value::Whole(is.into()));
            }
        }),
    },
    Metric {
        name: "circuit_breaker_calls_total",
        help: "Calls that have ended, by how; dropped by their callers, they are ignored ones",
        is_in_seconds: false,
        read: Read::Counter(|Figures { counts, .. }, tell| {
            let outcome = |outcome| [("outcome", outcome)];
            tell(&outcome("success"), Value::Whole(counts.successes));
            tell(&outcome("failure"), Value::Whole(counts.failures));
            tell(&outcome("ignored"), Value::Whole(counts.ignored));
            tell(&outcome("rejected"), Value::Whole(counts.rejected));
        }),
    },
    Metric {
        name: "circuit_breaker_failures_total",
        help: "Calls judged failures of the service",
        is_in_seconds: false,
        read: Read::Counter(|figures, tell| tell(&[], Value::Whole(figures.counts.failures))),
    },
    Metric {
        name: "circuit_breaker_trips_total",
        help: "Changes to open, by what opened the breaker",
        is_in_seconds: false,
        read: Read::Counter(|figures, tell| {
            for (reason, count) in REASONS.into_iter().zip(figures.counts.changes.trips) {
                tell(&[("reason", reason)], Value::Whole(count));
            }
        }),
    },
    Metric {
        name: "circuit_breaker_transitions_total",
        help: "Changes of the state that calls meet",
        is_in_seconds: false,
        read: Read::Counter(|figures, tell| {
            let counts = figures.counts.changes.transitions;
            for ((from, to), count) in TRANSITIONS.into_iter().zip(counts) {
                tell(&[("from", word(from)), ("to", word(to))], Value::Whole(count));
            }
        }),
    },
    Metric {
        name: "circuit_breaker_slow_calls_total",
        help: "Calls that took longer than the setting slow_call",
        is_in_seconds: false,
        read: Read::Counter(|figures, tell| tell(&[], Value::Whole(figures.counts.slow))),
    },
    Metric {
        name: "circuit_breaker_fallbacks_total",
        help: "Answers in place of the service's: of fallbacks, good or failed ones, and stale ones",
        is_in_seconds: false,
        read: Read::Counter(|Figures { counts, .. }, tell| {
            let result = |result| [("result", result)];
            tell(&result("success"), Value::Whole(counts.fallbacks));
            tell(&result("failure"), Value::Whole(counts.fallback_failures));
            tell(&result("stale"), Value::Whole(counts.stale_answers));
        }),
    },
    Metric {
        name: "circuit_breaker_retries_total",
        help: "Attempts to make a call again after it had failed",
        is_in_seconds: false,
        read: Read::Counter(|figures, tell| tell(&[], Value::Whole(figures.counts.retries))),
    },
    Metric {
        name: "circuit_breaker_call_duration_seconds",
        help: "How long calls took; where there are very many, of a sample of them",
        is_in_seconds: true,
        read: Read::Histogram(|figures| distribution(&figures.counts)),
    },
    Metric {
        name: "circuit_breaker_open_seconds_total",
        help: "For how long calls have met an open breaker, the present opening included",
        is_in_seconds: true,
        read: Read::Counter(|figures, tell| {
            tell(&[], Value::Real(seconds(figures.counts.changes.open)));
        }),
    },
    Metric {
        name: "circuit_breaker_failure_ratio",
        help: "Failures in the window by successes and failures, from 0 to 1; absent below min_calls",
        is_in_seconds: false,
        read: Read::Gauge(|figures, tell| ratio(figures.now.failure_ratio, tell)),
    },
    Metric {
        name: "circuit_breaker_slow_ratio",
        help: "Slow calls in the window by all calls, from 0 to 1; absent below min_calls and \
               without slow_call",
        is_in_seconds: false,
        read: Read::Gauge(|figures, tell| ratio(figures.now.slow_ratio, tell)),
    },
];

impl Metric {
    /// Whether its values, or those behind this name of a histogram's, are numbers without fractions.
    #[cfg(feature = "otel")]
    pub(crate) fn is_whole(&self, suffix: &str) -> bool {
        match suffix {
            BUCKET | COUNT => true,
            SUM => false,
            _ => !self.is_in_seconds && !self.name.ends_with("_ratio"),
        }
    }

    /// Every series of a name: what is behind the metric's own name, the labels, and the value.
    pub(crate) fn series(
        &self,
        figures: &Figures,
        tell: &mut dyn FnMut(&'static str, &[Label], Value),
    ) {
        match self.read {
            Read::Counter(read) | Read::Gauge(read) => {
                read(figures, &mut |labels, value| tell("", labels, value));
            }
            Read::Histogram(read) => {
                let Distribution { below, count, sum } = read(figures);
                for ((_, edge), below) in EDGES.into_iter().zip(below) {
                    tell(BUCKET, &[("le", edge)], Value::Whole(below));
                }
                tell(BUCKET, &[("le", "+Inf")], Value::Whole(count));
                tell(SUM, &[], Value::Real(sum));
                tell(COUNT, &[], Value::Whole(count));
            }
        }
    }
}

/// What is behind the name of a histogram.
pub(crate) const BUCKET: &str = "_bucket";
pub(crate) const SUM: &str = "_sum";
pub(crate) const COUNT: &str = "_count";

fn word(state: State) -> &'static str {
    match state {
        State::Closed => "closed",
        State::HalfOpen => "half_open",
        State::Open => "open",
    }
}

fn ratio(ratio: Option<f64>, tell: &mut Tell<'_>) {
    if let Some(ratio) = ratio {
        tell(&[], Value::Real(ratio));
    }
}

fn distribution(counts: &Counts) -> Distribution {
    let (below, count) = counts.spread.below(EDGES.map(|(bucket, _)| bucket));
    Distribution { below, count, sum: seconds(counts.timed_nanos) }
}

#[allow(clippy::cast_precision_loss, reason = "nanoseconds are lost after a hundred days")]
fn seconds(nanos: u64) -> f64 {
    nanos as f64 / 1e9
}

#[cfg(all(test, not(cb_loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_edges_are_written_as_they_are() {
        for written in EDGES {
            assert_eq!(written.1.parse(), Ok(edge(written)));
            assert_eq!(written.1, edge(written).to_string());
        }
    }

    #[cfg(feature = "otel")]
    #[test]
    fn values_are_whole_where_it_is_said() {
        let mut figures = Figures::none(crate::name::Name::literal("db"));
        figures.now.failure_ratio = Some(0.5);
        figures.now.slow_ratio = Some(0.5);
        for metric in &METRICS {
            metric.series(&figures, &mut |suffix, _, value| {
                let is_whole = matches!(value, Value::Whole(_));
                assert_eq!(metric.is_whole(suffix), is_whole, "{}{suffix}", metric.name);
            });
        }
    }

    #[test]
    fn names_end_as_prometheus_wants_them() {
        for Metric { name, help, is_in_seconds, read } in &METRICS {
            assert_eq!(name.ends_with("_total"), matches!(read, Read::Counter(_)), "{name}");
            assert_eq!(name.contains("_seconds"), *is_in_seconds, "{name}");
            assert!(name.starts_with("circuit_breaker_"), "{name}");
            assert!(!help.contains(['\\', '\n', '"']) && !help.ends_with('.'), "{help}");
        }
    }
}
