//! `cbctl metrics`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    Context,
    failure::{Failure, Finding},
    screen::{Rows, Shape},
    wire::Series,
};
use crate::config::is_hidden;

pub(super) fn run(context: &mut Context) -> Result<Finding, Failure> {
    let Context { client, screen } = context;
    match screen.shape() {
        Shape::Lines => screen.raw(&harmless(&client.get_text(&["metrics"])?))?,
        Shape::Json => screen.document(&client.get(&["metrics.json"], &[])?.json)?,
        Shape::Tables => {
            let metrics = client.get(&["metrics.json"], &[])?.read()?;
            screen.table(&table(&metrics))?;
        }
    }
    Ok(Finding::Fine)
}

/// What would steer a terminal is replaced, not escaped: the format knows no such escape, and who reads it
/// next would refuse all of it.
fn harmless(text: &str) -> String {
    text.replace(|c| c != '\n' && is_hidden(c), "\u{fffd}")
}

/// Without the buckets of histograms, which are for programs.
fn table(metrics: &BTreeMap<String, Vec<Series>>) -> Rows {
    let mut rows = Rows::new(&["metric", "breaker", "of", "value"]);
    for (metric, series) in metrics.iter().filter(|(metric, _)| !metric.ends_with("_bucket")) {
        for Series { labels, value } in series {
            let breaker = labels.get("name").cloned();
            let others = labels.iter().filter(|(label, _)| *label != "name");
            let others: Vec<String> =
                others.map(|(label, value)| format!("{label}={value}")).collect();
            let value = match value {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                number => number.to_string(),
            };
            rows.push([
                metric.as_str().into(),
                breaker.into(),
                others.join(" ").into(),
                value.into(),
            ]);
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stay_lines_and_escapes_steer_nothing() {
        assert_eq!(harmless("a 1\nb{n=\"\u{1b}[2J\"} 2\n"), "a 1\nb{n=\"\u{fffd}[2J\"} 2\n");
    }
}
