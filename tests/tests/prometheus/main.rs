//! The figures for Prometheus and OpenTelemetry, through the public interface, and Prometheus itself.

#![cfg(feature = "prometheus")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper of a test fails the test"
)]

mod declared;
mod figures;
mod formats;
mod keyed;
mod open_time;
#[cfg(feature = "otel")]
mod otel;
mod programs;
mod removed;
mod server;
mod shipped;
mod threads;

use std::{collections::BTreeMap, time::Duration};

use cb_runtime::{
    CircuitBreaker, Config, ConfigBuilder, Registry,
    prometheus::{Format, encode},
};

const SECOND: Duration = Duration::from_secs(1);

/// Two failures open, for half a minute; one success closes.
fn settings() -> ConfigBuilder {
    Config::builder().failure_threshold(2).recovery_timeout(30 * SECOND)
}

fn make(registry: &Registry, name: &str, settings: ConfigBuilder) -> CircuitBreaker {
    registry.register(name, settings.build().unwrap()).unwrap()
}

fn succeed(breaker: &CircuitBreaker) {
    breaker.try_acquire().unwrap().success();
}

fn fail(breaker: &CircuitBreaker) {
    breaker.try_acquire().unwrap().failure();
}

/// One scrape: what each series is, by all that stands before the value.
struct Scrape(BTreeMap<String, f64>);

impl Scrape {
    fn of(registry: &Registry) -> Self {
        let text = encode(registry, Format::Prometheus);
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let series = lines.map(|line| {
            let (series, value) = line.rsplit_once(' ').expect("a value");
            (series.to_owned(), value.parse().expect("a number"))
        });
        let all: Vec<(String, f64)> = series.collect();
        let count = all.len();
        let all = Self(all.into_iter().collect());
        assert_eq!(all.0.len(), count, "no series is there twice");
        all
    }

    /// The series `circuit_breaker_…{…}`.
    fn find(&self, series: &str) -> Option<f64> {
        self.0.get(&format!("circuit_breaker_{series}")).copied()
    }

    #[track_caller]
    fn get(&self, series: &str) -> f64 {
        self.find(series).unwrap_or_else(|| panic!("no {series} in {:#?}", self.0))
    }

    #[track_caller]
    fn is(&self, series: &str, expected: f64) {
        let found = self.get(series);
        assert!((found - expected).abs() < 1e-9, "{series} is {found} and not {expected}");
    }

    /// That no counter has fallen since, or is gone.
    #[track_caller]
    fn has_only_grown_since(&self, earlier: &Self) {
        for (series, before) in &earlier.0 {
            let name = series.split('{').next().unwrap_or_default();
            if ["_total", "_bucket", "_sum", "_count"].iter().any(|end| name.ends_with(end)) {
                let now = self.0.get(series).copied();
                assert!(now >= Some(*before), "{series} was {before} and is {now:?}");
            }
        }
    }
}
