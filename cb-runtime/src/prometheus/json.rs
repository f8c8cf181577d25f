//! The same figures for people with `jq`.

use serde_json::{Map, Value as Json, json as value};

use crate::{
    Registry,
    observe::figures::metrics::{METRICS, STORE_CONNECTED, Value},
};

/// By metric, a list of series: `{ "labels": { "name": … }, "value": … }`. A histogram is three lists,
/// `…_bucket`, `…_sum` and `…_count`, as for Prometheus.
pub(crate) fn json(registry: &Registry) -> Json {
    let all = registry.figures();
    let mut metrics = Map::new();
    for metric in &METRICS {
        for figures in &all {
            metric.series(figures, &mut |suffix, labels, number| {
                let mut object = Map::new();
                object.insert("name".to_owned(), (&*figures.name).into());
                object.extend(
                    labels.iter().map(|(label, word)| ((*label).to_owned(), (*word).into())),
                );
                let number = match number {
                    Value::Whole(number) => Json::from(number),
                    Value::Real(number) => Json::from(number),
                };
                let series = metrics
                    .entry(format!("{}{suffix}", metric.name))
                    .or_insert_with(|| Json::Array(Vec::new()));
                if let Json::Array(series) = series {
                    series.push(value!({ "labels": object, "value": number }));
                }
            });
        }
    }
    if let Some(connected) = registry.store_connected() {
        let series = value!([{ "labels": {}, "value": u8::from(connected) }]);
        metrics.insert(STORE_CONNECTED.0.to_owned(), series);
    }
    Json::Object(metrics)
}
