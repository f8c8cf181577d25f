//! The breakers' figures for Prometheus.
//!
//! They are read from the breakers' own counters when they are asked for, and cost a call nothing. A
//! program that answers `GET /metrics` itself writes out all breakers with [`encode`]:
//!
//! ```
//! use cb_runtime::{Config, Registry, prometheus::{self, Format}};
//!
//! let registry = Registry::new();
//! registry.get_or_register("db", Config::default())?.try_acquire()?.success();
//!
//! let text = prometheus::encode(&registry, Format::Prometheus);
//! assert!(text.contains(r#"circuit_breaker_calls_total{name="db",outcome="success"} 1"#));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! One that has metrics of its own in a registry of `prometheus-client` adds a [`Collector`] to them.
//!
//! # Metrics
//!
//! | metric | labels beside `name` | |
//! |---|---|---|
//! | `circuit_breaker_state` | | what calls meet: 0 closed, 1 half-open, 2 open |
//! | `circuit_breaker_in_state` | `state`: `closed`, `half_open`, `open` | 1 for the state that calls meet, 0 for the others |
//! | `circuit_breaker_calls_total` | `outcome`: `success`, `failure`, `ignored`, `rejected` | calls that have ended; those that their callers dropped are `ignored` |
//! | `circuit_breaker_failures_total` | | the same as the outcome `failure` |
//! | `circuit_breaker_trips_total` | `reason`: `consecutive_failures`, `failure_rate`, `slow_call_rate`, `stay_away`, `probe_failed`, `probe_slow`, `health_check_failed`, `forced_open`, `elsewhere` | changes to open |
//! | `circuit_breaker_transitions_total` | `from`, `to`: as `state` | changes of the state that calls meet |
//! | `circuit_breaker_slow_calls_total` | | calls that took longer than `slow_call` |
//! | `circuit_breaker_fallbacks_total` | `result`: `success`, `failure`, `stale` | answers of fallbacks, and answers that an earlier call had got |
//! | `circuit_breaker_retries_total` | | attempts to make a call again |
//! | `circuit_breaker_call_duration_seconds` | `le` | a histogram: how long calls took, of those that are timed (see [`ResponseTimes`](crate::ResponseTimes)) |
//! | `circuit_breaker_open_seconds_total` | | for how long calls have met an open breaker |
//! | `circuit_breaker_failure_ratio` | | failures in the window, from 0 to 1; absent below `min_calls` |
//! | `circuit_breaker_slow_ratio` | | slow calls in the window; absent below `min_calls` and without `slow_call` |
//! | `circuit_breaker_store_connected` | no `name` | 1 while the store answers through which breakers are shared with other instances, 0 while not; absent where they are not shared |
//!
//! All series of a breaker are there, at zero, as soon as it is registered; those of annotated functions
//! from the first scrape on, before any call. What calls meet of a breaker that is disabled, or only
//! keeps figures, is a closed one; what a dry run would have done is in no figure here.
//!
//! `ops/grafana-dashboard.json` and `ops/alert-rules.yml`, in this crate's package, are a dashboard for
//! Grafana and alert rules for Prometheus on these metrics.
//!
//! # Keyed breakers
//!
//! A key is no label: keys come from outside, and each would be forty series. The breakers of one name
//! are one set of series: counters and seconds are summed over the keys, the state is the worst, and so
//! are the ratios. What a breaker has counted stays in them when it makes way for another key.
//!
//! # Removed breakers
//!
//! Of a breaker that a program takes out with [`Registry::remove`](crate::Registry::remove) no series
//! are left, and one of the same name that is registered later begins at zero, which Prometheus takes
//! for a restart. Those of annotated functions and of keys go on where they were.

mod collector;
#[cfg(feature = "admin")]
mod json;
mod text;

use std::borrow::Borrow;

pub use collector::Collector;
#[cfg(feature = "admin")]
pub(crate) use json::json;

use crate::Registry;

/// How metrics are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// The text format of Prometheus, version 0.0.4: what every server of its kind reads.
    Prometheus,
    /// `OpenMetrics` text, version 1.0.0.
    OpenMetrics,
}

impl Format {
    /// The value for the header `Content-Type`.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// All breakers' figures at this moment, as a whole answer to a scrape.
pub fn encode(registry: impl Borrow<Registry>, format: Format) -> String {
    let registry = registry.borrow();
    match format {
        Format::Prometheus => text::encode(&registry.figures(), registry.store_connected()),
        Format::OpenMetrics => collector::encode(registry),
    }
}
