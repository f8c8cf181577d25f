//! What the two formats have in common, and where they differ.

use cb_runtime::prometheus::Collector;
use prometheus_client::{encoding::text, metrics::counter::Counter, registry};

use super::*;

fn busy() -> Registry {
    let registry = Registry::new();
    let db = make(&registry, "web_app/database", settings().min_calls(1).slow_call(SECOND));
    succeed(&db);
    fail(&db);
    fail(&db);
    make(&registry, "cache", settings());
    registry
}

/// The series of a text with their values, but for the seconds that pass, in the order of the alphabet
/// and with `le` where Prometheus has it.
fn series(text: &str) -> Vec<String> {
    let mut series: Vec<String> = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.starts_with("circuit_breaker_open_seconds"))
        .map(|line| {
            let (start, rest) = line.split_once('{').unwrap();
            let (labels, value) = rest.rsplit_once("} ").unwrap();
            let mut labels: Vec<&str> = labels.split(',').collect();
            labels.sort_unstable();
            let value: f64 = value.parse().unwrap();
            format!("{start} {labels:?} {value}")
        })
        .collect();
    series.sort_unstable();
    series
}

#[test]
fn both_formats_tell_the_same() {
    let registry = busy();
    let prometheus = encode(&registry, Format::Prometheus);
    let open_metrics = encode(&registry, Format::OpenMetrics);
    assert_eq!(series(&prometheus), series(&open_metrics));
}

#[test]
fn a_counters_type_is_told_by_its_name_in_the_format() {
    let registry = busy();
    let lines = |format, lines: &[&str]| {
        let text = encode(&registry, format);
        for line in lines {
            assert!(text.lines().any(|found| found == *line), "{line} in:\n{text}");
        }
        text
    };
    let text = lines(
        Format::Prometheus,
        &[
            "# TYPE circuit_breaker_calls_total counter",
            "# TYPE circuit_breaker_state gauge",
            "# TYPE circuit_breaker_call_duration_seconds histogram",
            "# TYPE circuit_breaker_open_seconds_total counter",
            r#"circuit_breaker_calls_total{name="web_app/database",outcome="failure"} 2"#,
        ],
    );
    assert!(!text.contains("# EOF") && !text.contains("# UNIT") && text.ends_with('\n'));
    let text = lines(
        Format::OpenMetrics,
        &[
            "# TYPE circuit_breaker_calls counter",
            "# TYPE circuit_breaker_state gauge",
            "# TYPE circuit_breaker_call_duration_seconds histogram",
            "# UNIT circuit_breaker_call_duration_seconds seconds",
            "# TYPE circuit_breaker_open_seconds counter",
            "# UNIT circuit_breaker_open_seconds seconds",
            r#"circuit_breaker_calls_total{name="web_app/database",outcome="failure"} 2"#,
        ],
    );
    assert!(text.ends_with("\n# EOF\n"));
}

#[test]
fn a_collector_stands_beside_other_metrics() {
    let breakers = busy();
    let mut metrics = registry::Registry::with_prefix("shop");
    metrics.register("orders", "Orders", Counter::<u64>::default());
    metrics.register_collector(Box::new(Collector::new(&breakers)));
    let mut text = String::new();
    text::encode(&mut text, &metrics).unwrap();
    assert!(text.contains("\nshop_orders_total 0\n"), "{text}");
    assert!(text.contains("\nshop_circuit_breaker_state{name=\"cache\"} 0\n"), "{text}");
}
