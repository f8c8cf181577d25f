//! The same figures for OpenTelemetry.

use cb_runtime::otel::{self, Observed};
use opentelemetry::{KeyValue, metrics::MeterProvider};
use opentelemetry_sdk::metrics::{
    InMemoryMetricExporter, PeriodicReader, SdkMeterProvider,
    data::{AggregatedMetrics, Metric, MetricData, ScopeMetrics},
};

use super::*;

/// A program's way from its instruments to where they are collected, which here is now.
struct Pipeline {
    provider: SdkMeterProvider,
    exporter: InMemoryMetricExporter,
}

impl Pipeline {
    fn of(registry: &Registry) -> (Self, Observed) {
        let exporter = InMemoryMetricExporter::default();
        let reader = PeriodicReader::builder(exporter.clone()).with_interval(3600 * SECOND).build();
        let provider = SdkMeterProvider::builder().with_reader(reader).build();
        let observed = otel::observe(&provider.meter("test"), registry);
        (Self { provider, exporter }, observed)
    }

    /// All points, written as Prometheus writes series.
    fn collect(&self) -> Scrape {
        self.exporter.reset();
        self.provider.force_flush().unwrap();
        let mut all = BTreeMap::new();
        for resource in &self.exporter.get_finished_metrics().unwrap() {
            for metric in resource.scope_metrics().flat_map(ScopeMetrics::metrics) {
                points(metric, &mut all);
            }
        }
        Scrape(all)
    }
}

fn points(metric: &Metric, all: &mut BTreeMap<String, f64>) {
    let mut point = |attributes: Vec<KeyValue>, value: f64| {
        all.insert(series(metric.name(), attributes), value);
    };
    match metric.data() {
        AggregatedMetrics::U64(MetricData::Sum(sum)) => {
            assert!(sum.is_monotonic());
            sum.data_points()
                .for_each(|one| point(one.attributes().cloned().collect(), whole(one.value())));
        }
        AggregatedMetrics::F64(MetricData::Sum(sum)) => {
            assert!(sum.is_monotonic());
            sum.data_points()
                .for_each(|one| point(one.attributes().cloned().collect(), one.value()));
        }
        AggregatedMetrics::U64(MetricData::Gauge(gauge)) => gauge
            .data_points()
            .for_each(|one| point(one.attributes().cloned().collect(), whole(one.value()))),
        AggregatedMetrics::F64(MetricData::Gauge(gauge)) => {
            gauge
                .data_points()
                .for_each(|one| point(one.attributes().cloned().collect(), one.value()));
        }
        other => panic!("{} is {other:?}", metric.name()),
    }
}

fn whole(count: u64) -> f64 {
    u32::try_from(count).unwrap().into()
}

fn series(metric: &str, attributes: Vec<KeyValue>) -> String {
    let mut labels: Vec<String> = attributes
        .into_iter()
        .map(|one| format!("{}=\"{}\"", one.key, one.value.as_str()))
        .collect();
    sort(&mut labels);
    format!("{metric}{{{}}}", labels.join(","))
}

/// `name` first, and `from` before `to`.
fn sort(labels: &mut [String]) {
    labels.sort_by_key(|label| (!label.starts_with("name="), label.clone()));
}

/// It is collected on a thread of its own, for which no clock is paused: so time passes.
#[tokio::test]
async fn every_series_of_prometheus_is_there_with_its_value() {
    let registry = Registry::new();
    let (pipeline, _observed) = Pipeline::of(&registry);
    let db = make(&registry, "web_app/db", settings().min_calls(1).slow_call(SECOND));
    make(&registry, "cache", settings());
    for round in 0..3 {
        for _ in 0..round {
            succeed(&db);
        }
        fail(&db);
        fail(&db);
        assert!(db.try_acquire().is_err());
        let answered = db.call_with_fallback(|| async { Err(()) }, |_| async { Ok(1) }).await;
        assert_eq!(answered, Ok(1));

        let Scrape(before) = Scrape::of(&registry);
        let Scrape(observed) = pipeline.collect();
        let Scrape(after) = Scrape::of(&registry);
        // All but the time that passes is between equals.
        let changed = before.keys().filter(|series| before[*series] < after[*series]);
        assert!(changed.into_iter().all(|series| series.contains("_open_seconds")));
        assert!(observed.keys().eq(before.keys()), "{observed:#?}\n{before:#?}");
        for (series, value) in observed {
            let between = before[&series]..=after[&series];
            assert!(between.contains(&value), "{series} is {value} and not {between:?}");
        }

        db.reset();
    }
}

#[test]
fn nothing_is_observed_any_more_once_nobody_wants_it() {
    let registry = Registry::new();
    make(&registry, "db", settings());
    let (pipeline, observed) = Pipeline::of(&registry);
    assert!(!pipeline.collect().0.is_empty());
    drop(observed);
    assert_eq!(pipeline.collect().0.len(), 0);
}
