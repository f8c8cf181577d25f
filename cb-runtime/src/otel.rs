//! The breakers' figures for OpenTelemetry.
//!
//! They are read from the breakers' own counters when they are collected, and cost a call nothing.
//!
//! ```
//! use cb_runtime::{Registry, otel};
//!
//! # let breakers = Registry::new();
//! let meter = opentelemetry::global::meter("my-service");
//! let observed = otel::observe(&meter, &breakers);
//! // … until the end of the program
//! drop(observed);
//! ```
//!
//! # Instruments
//!
//! They are called what the metrics of the module `prometheus` are called, with the same attributes as
//! those have labels; what is said there of keyed and of removed breakers holds here too. In
//! particular:
//!
//! - `_total` is a part of a counter's name. An exporter that puts `_total` behind counters leaves one
//!   that is there alone.
//! - The times of calls are three counters, `circuit_breaker_call_duration_seconds_bucket` with the
//!   attribute `le`, `…_sum` and `…_count`, since there is no histogram that is observed. They are those
//!   of Prometheus where its names are kept; an exporter that puts `_total` behind counters puts it
//!   behind these.
//! - `circuit_breaker_failure_ratio` and `circuit_breaker_slow_ratio` are not observed below `min_calls`.
//!
//! An OpenTelemetry SDK bounds the sets of attributes of an instrument, at 2 000 unless a view says
//! otherwise. A breaker has 13 of them in `…_bucket` and fewer in the others, so that a program with more
//! than 150 names wants a view with a higher bound.

use std::{
    borrow::Borrow,
    fmt,
    sync::{Arc, Weak},
};

use opentelemetry::{
    KeyValue,
    metrics::{AsyncInstrument, Meter},
};

use crate::{
    Registry,
    observe::figures::{
        Figures,
        metrics::{BUCKET, COUNT, Label, METRICS, Metric, Read, SUM, Value},
    },
    primitive::{Mutex, lock},
};

/// The breakers of a registry are observed for as long as this is there.
#[derive(Debug)]
#[must_use = "breakers are observed until this is dropped"]
pub struct Observed {
    _source: Arc<Source>,
}

/// Has the figures of all breakers of a registry, also those that it will have, observed by instruments of
/// this meter.
pub fn observe(meter: &Meter, registry: impl Borrow<Registry>) -> Observed {
    let registry = registry.borrow().clone();
    let source = Arc::new(Source { registry, latest: Mutex::default() });
    let mut number = 0;
    for metric in &METRICS {
        let suffixes: &[_] = match metric.read {
            Read::Counter(_) | Read::Gauge(_) => &[""],
            Read::Histogram(_) => &[BUCKET, SUM, COUNT],
        };
        for &suffix in suffixes {
            make(meter, Instrument { source: Arc::downgrade(&source), number, metric, suffix });
            number += 1;
        }
    }
    Observed { _source: source }
}

/// Where the figures come from.
struct Source {
    registry: Registry,
    latest: Mutex<Round>,
}

/// What was read at one moment, and the numbers of the instruments that have had it. All of them are to
/// tell of one moment: a count that is not that of the last bucket is no histogram.
#[derive(Default)]
struct Round {
    figures: Arc<[Figures]>,
    had_by: u64,
}

impl Source {
    /// Reads the figures, unless others have had them read since this instrument was asked last.
    fn figures(&self, number: u32) -> Arc<[Figures]> {
        let mut round = lock(&self.latest);
        let me = 1 << number;
        if round.had_by == 0 || round.had_by & me != 0 {
            *round = Round { figures: self.registry.figures().into(), had_by: 0 };
        }
        round.had_by |= me;
        Arc::clone(&round.figures)
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.registry.fmt(f)
    }
}

struct Instrument {
    source: Weak<Source>,
    number: u32,
    metric: &'static Metric,
    suffix: &'static str,
}

impl Instrument {
    fn observe(&self, mut tell: impl FnMut(Value, &[KeyValue])) {
        // Instruments outlive the wish to have them.
        let Some(source) = self.source.upgrade() else { return };
        for figures in &*source.figures(self.number) {
            let name = KeyValue::new("name", figures.name.as_str().to_owned());
            self.metric.series(figures, &mut |suffix, labels, value| {
                if suffix == self.suffix {
                    tell(value, &attributes(&name, labels));
                }
            });
        }
    }
}

fn attributes(name: &KeyValue, labels: &[Label]) -> Vec<KeyValue> {
    let labels = labels.iter().map(|(label, word)| KeyValue::new(*label, *word));
    std::iter::once(name.clone()).chain(labels).collect()
}

fn make(meter: &Meter, instrument: Instrument) {
    let Instrument { metric, suffix, .. } = instrument;
    let name = format!("{}{suffix}", metric.name);
    let is_counter = !matches!(metric.read, Read::Gauge(_));
    let is_whole = metric.is_whole(suffix);
    // Only what is in seconds has a unit, as an exporter may put it behind the name.
    let unit = if metric.is_in_seconds && !is_whole { "s" } else { "" };
    macro_rules! build {
        ($kind:ident, $number:ident) => {{
            let callback = move |observer: &dyn AsyncInstrument<_>| {
                instrument
                    .observe(|value, attributes| observer.observe(value.$number(), attributes));
            };
            let builder = meter.$kind(name).with_description(metric.help).with_unit(unit);
            // It lives in the meter.
            let _ = builder.with_callback(callback).build();
        }};
    }
    match (is_counter, is_whole) {
        (true, true) => build!(u64_observable_counter, whole),
        (true, false) => build!(f64_observable_counter, real),
        (false, true) => build!(u64_observable_gauge, whole),
        (false, false) => build!(f64_observable_gauge, real),
    }
}

impl Value {
    /// Of a metric that [is whole](Metric::is_whole).
    fn whole(self) -> u64 {
        match self {
            Self::Whole(number) => number,
            Self::Real(_) => 0,
        }
    }

    #[allow(clippy::cast_precision_loss, reason = "no metric that is not whole has such a number")]
    fn real(self) -> f64 {
        match self {
            Self::Whole(number) => number as f64,
            Self::Real(number) => number,
        }
    }
}
