//! What `prometheus-client` asks for, and `OpenMetrics` text, which it writes.

use std::{borrow::Borrow, fmt};

use prometheus_client::{
    collector::Collector as Collect,
    encoding::{
        DescriptorEncoder, EncodeLabel, EncodeLabelSet, LabelSetEncoder, MetricEncoder, NoLabelSet,
        text,
    },
    metrics::MetricType,
    registry::Unit,
};

use crate::{
    Registry,
    observe::figures::{
        Figures,
        metrics::{
            Distribution, EDGES, Label, METRICS, Metric, Read, STORE_CONNECTED, Value, edge,
        },
    },
};

/// All breakers of a registry, for a registry of `prometheus-client`.
///
/// ```
/// use cb_runtime::{Registry, prometheus::Collector};
/// use prometheus_client::{encoding::text, registry::Registry as Metrics};
///
/// let breakers = Registry::new();
/// breakers.get_or_register("db", cb_runtime::Config::default())?;
///
/// let mut metrics = Metrics::default();
/// metrics.register_collector(Box::new(Collector::new(&breakers)));
///
/// let mut answer = String::new();
/// text::encode(&mut answer, &metrics)?;
/// assert!(answer.contains(r#"circuit_breaker_state{name="db"} 0"#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Collector(Registry);

impl Collector {
    /// For the breakers of this registry, also those that it will have.
    pub fn new(registry: impl Borrow<Registry>) -> Self {
        Self(registry.borrow().clone())
    }
}

impl Collect for Collector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        write_all(&mut encoder, &self.0.figures())?;
        let Some(connected) = self.0.store_connected() else { return Ok(()) };
        let (name, help) = STORE_CONNECTED;
        let mut store = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
        store.encode_gauge(&u64::from(connected))
    }
}

/// A whole answer in `OpenMetrics` text.
pub(super) fn encode(registry: &Registry) -> String {
    let mut metrics = prometheus_client::registry::Registry::default();
    metrics.register_collector(Box::new(Collector::new(registry)));
    let mut answer = String::new();
    // Nothing can be wrong with writing to a `String`.
    let _ = text::encode(&mut answer, &metrics);
    answer
}

fn write_all(encoder: &mut DescriptorEncoder<'_>, all: &[Figures]) -> fmt::Result {
    for metric in &METRICS {
        let kind = match metric.read {
            Read::Counter(_) => MetricType::Counter,
            Read::Gauge(_) => MetricType::Gauge,
            Read::Histogram(_) => MetricType::Histogram,
        };
        // The library puts both behind the name by itself.
        let name = metric.name.trim_end_matches("_total");
        let (name, unit) = if metric.is_in_seconds {
            (name.trim_end_matches("_seconds"), Some(&Unit::Seconds))
        } else {
            (name, None)
        };
        let mut encoder = encoder.encode_descriptor(name, metric.help, unit, kind)?;
        for figures in all {
            write_one(&mut encoder, metric, figures)?;
        }
    }
    Ok(())
}

fn write_one(encoder: &mut MetricEncoder<'_>, metric: &Metric, figures: &Figures) -> fmt::Result {
    let mut result = Ok(());
    let name = &*figures.name;
    match metric.read {
        Read::Counter(read) => read(figures, &mut |labels, value| {
            result = result.and_then(|()| {
                let labels = Labels { name, labels };
                let mut encoder = encoder.encode_family(&labels)?;
                match value {
                    Value::Whole(count) => {
                        encoder.encode_counter::<NoLabelSet, _, f64>(&count, None)
                    }
                    Value::Real(sum) => encoder.encode_counter::<NoLabelSet, _, f64>(&sum, None),
                }
            });
        }),
        Read::Gauge(read) => read(figures, &mut |labels, value| {
            result = result.and_then(|()| {
                let labels = Labels { name, labels };
                let mut encoder = encoder.encode_family(&labels)?;
                match value {
                    Value::Whole(number) => encoder.encode_gauge(&number),
                    Value::Real(number) => encoder.encode_gauge(&number),
                }
            });
        }),
        Read::Histogram(read) => {
            let labels = Labels { name, labels: &[] };
            let Distribution { below, count, sum } = read(figures);
            encoder.encode_family(&labels)?.encode_histogram::<NoLabelSet>(
                sum,
                count,
                &buckets(below, count),
                None,
            )?;
        }
    }
    result
}

/// How many lie in each bucket, which the library adds up again.
fn buckets(below: [u64; EDGES.len()], count: u64) -> [(f64, u64); EDGES.len() + 1] {
    let mut lower = 0;
    std::array::from_fn(|at| {
        let edge = EDGES.get(at).map_or(f64::INFINITY, |found| edge(*found));
        let up_to = below.get(at).copied().unwrap_or(count);
        let within = up_to - lower;
        lower = up_to;
        (edge, within)
    })
}

struct Labels<'a> {
    name: &'a str,
    labels: &'a [Label],
}

impl EncodeLabelSet for Labels<'_> {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        ("name", self.name).encode(encoder.encode_label())?;
        self.labels.iter().try_for_each(|label| label.encode(encoder.encode_label()))
    }
}
