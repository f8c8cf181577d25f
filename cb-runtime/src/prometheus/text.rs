//! The text format of Prometheus. It differs from `OpenMetrics`, which `prometheus-client` writes, in what
//! a counter is called where its type is told, in its numbers, and in how it ends.

use std::fmt::{self, Write};

use crate::observe::figures::{
    Figures,
    metrics::{Label, METRICS, Metric, Read, STORE_CONNECTED, Value},
};

/// So long is what is written of a name, in a measurement with names of ten characters.
const OF_A_NAME: usize = 4096;

pub(super) fn encode(all: &[Figures], store_connected: Option<bool>) -> String {
    let mut text = String::with_capacity((all.len() + 1) * OF_A_NAME);
    // Nothing can be wrong with writing to a `String`.
    let _ = write_all(&mut text, all).and_then(|()| write_store(&mut text, store_connected));
    text
}

fn write_store(text: &mut String, connected: Option<bool>) -> fmt::Result {
    let Some(connected) = connected else { return Ok(()) };
    let (name, help) = STORE_CONNECTED;
    writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {}", u8::from(connected))
}

fn write_all(text: &mut String, all: &[Figures]) -> fmt::Result {
    let names: Vec<String> = all.iter().map(|figures| escaped(&figures.name, true)).collect();
    for metric in &METRICS {
        let Metric { name, help, read, .. } = metric;
        let kind = match read {
            Read::Counter(_) => "counter",
            Read::Gauge(_) => "gauge",
            Read::Histogram(_) => "histogram",
        };
        writeln!(text, "# HELP {name} {}\n# TYPE {name} {kind}", escaped(help, false))?;
        for (figures, escaped_name) in all.iter().zip(&names) {
            let mut result = Ok(());
            metric.series(figures, &mut |suffix, labels, value| {
                result =
                    result.and_then(|()| line(text, [name, suffix], escaped_name, labels, value));
            });
            result?;
        }
    }
    Ok(())
}

fn line(
    text: &mut String,
    name: [&str; 2],
    escaped_name: &str,
    labels: &[Label],
    value: Value,
) -> fmt::Result {
    let [metric, suffix] = name;
    for part in [metric, suffix, "{name=\"", escaped_name] {
        text.push_str(part);
    }
    // Of the library's own words, none has anything to escape.
    for (label, word) in labels {
        for part in ["\",", *label, "=\"", *word] {
            text.push_str(part);
        }
    }
    text.push_str("\"} ");
    match value {
        Value::Whole(number) => writeln!(text, "{number}"),
        Value::Real(number) => writeln!(text, "{number}"),
    }
}

/// Text that is to be in one line, and a label's in quotes.
fn escaped(text: &str, is_label: bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            '"' if is_label => escaped.push_str("\\\""),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::Name;

    #[test]
    fn a_name_cannot_break_out_of_its_quotes() {
        let name = Name::shared("a\"b\\c\nd".into());
        let text = encode(&[Figures::none(name)], None);
        assert!(text.contains("circuit_breaker_state{name=\"a\\\"b\\\\c\\nd\"} 0\n"), "{text}");
    }

    #[test]
    fn a_help_text_stays_in_its_line() {
        assert_eq!(escaped("a\"b\\c\nd", false), "a\"b\\\\c\\nd");
    }
}
