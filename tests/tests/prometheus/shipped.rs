//! The dashboard and the alert rules that the crate ships name what is exported, and nothing else.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

use serde_json::Value;

use super::{
    programs::{assert_content, promtool},
    *,
};

/// Only where breakers are shared.
const OF_THE_STORE: &str = "circuit_breaker_store_connected";

/// What Prometheus itself puts on every series.
const OF_PROMETHEUS: [&str; 2] = ["job", "instance"];

fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../cb-runtime/ops")
}

fn read(file: &str) -> String {
    fs::read_to_string(directory().join(file)).unwrap()
}

type Labels = BTreeMap<String, BTreeSet<String>>;

/// By metric, its labels with their values.
struct Exported(BTreeMap<String, Labels>);

impl Exported {
    /// With every series that there can be.
    fn all() -> Self {
        let registry = Registry::new();
        let db = make(&registry, "db", settings().min_calls(1).slow_call(SECOND));
        succeed(&db);
        let mut all: BTreeMap<String, Labels> = [(OF_THE_STORE.to_owned(), Labels::new())].into();
        for series in Scrape::of(&registry).0.keys() {
            let (metric, labels) = series.trim_end_matches('}').split_once('{').unwrap();
            let known = all.entry(metric.to_owned()).or_default();
            for label in labels.split(',') {
                let (label, value) = label.split_once('=').unwrap();
                let values = known.entry(label.to_owned()).or_default();
                values.insert(value.trim_matches('"').to_owned());
            }
        }
        Self(all)
    }

    /// What is wrong with an expression.
    fn wrong_in(&self, expression: &str) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut known: BTreeSet<&str> = OF_PROMETHEUS.into();
        for (metric, selector) in metrics(expression) {
            let Some(labels) = self.0.get(metric) else {
                wrong.push(format!("`{metric}` is not exported"));
                continue;
            };
            known.extend(labels.keys().map(String::as_str));
            for (label, value) in matchers(selector) {
                if OF_PROMETHEUS.contains(&label) {
                    continue;
                }
                let Some(values) = labels.get(label) else {
                    wrong.push(format!("`{metric}` has no label `{label}`"));
                    continue;
                };
                // Names are the program's own.
                let unknown = |word: &&str| {
                    label != "name" && !word.starts_with('$') && !values.contains(*word)
                };
                wrong.extend(
                    value.split('|').filter(unknown).map(|word| format!("no {label} is `{word}`")),
                );
            }
        }
        let grouped = grouped(expression).into_iter().filter(|label| !known.contains(label));
        wrong.extend(grouped.map(|label| format!("nothing has the label `{label}`")));
        wrong
    }

    fn has_label(&self, label: &str) -> bool {
        OF_PROMETHEUS.contains(&label) || self.0.values().any(|labels| labels.contains_key(label))
    }
}

/// Each metric that a text names, with what is in the braces behind it.
fn metrics(text: &str) -> Vec<(&str, &str)> {
    let starts = text.match_indices("circuit_breaker_").map(|(at, _)| &text[at..]);
    starts
        .map(|from| {
            let end =
                from.find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap_or(from.len());
            let (metric, rest) = from.split_at(end);
            let braces = rest.strip_prefix('{').and_then(|rest| Some(rest.split_once('}')?.0));
            (metric, braces.unwrap_or_default())
        })
        .collect()
}

/// Of `one="…",other=~"…"`, the labels with what they are compared to.
fn matchers(selector: &str) -> Vec<(&str, &str)> {
    let mut matchers = Vec::new();
    let mut rest = selector;
    while let Some((label, from)) = rest.split_once('"') {
        let Some((value, behind)) = from.split_once('"') else { break };
        matchers.push((label.trim_matches([' ', ',', '=', '~', '!']), value));
        rest = behind;
    }
    matchers
}

/// The labels in `by (…)` and `without (…)`.
fn grouped(expression: &str) -> Vec<&str> {
    ["by (", "without ("]
        .into_iter()
        .flat_map(|word| {
            expression.match_indices(word).map(move |(at, _)| &expression[at + word.len()..])
        })
        .filter_map(|from| Some(from.split_once(')')?.0))
        .flat_map(|labels| labels.split(',').map(str::trim))
        .collect()
}

/// The names in `{{…}}`, without what templates of alerts put before them.
fn templates(text: &str) -> impl Iterator<Item = &str> {
    let insides = text.split("{{").skip(1).filter_map(|from| Some(from.split_once("}}")?.0.trim()));
    insides
        .filter(|inside| !inside.starts_with("$value"))
        .map(|inside| inside.trim_start_matches("$labels."))
}

/// All texts under this key, however deep.
fn texts<'a>(json: &'a Value, key: &str, found: &mut Vec<&'a str>) {
    match json {
        Value::Object(fields) => {
            for (name, value) in fields {
                found.extend(value.as_str().filter(|_| name == key));
                texts(value, key, found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| texts(value, key, found)),
        _ => {}
    }
}

#[track_caller]
fn assert_right(exported: &Exported, expression: &str) {
    assert_eq!(exported.wrong_in(expression), [""; 0], "in `{expression}`");
}

#[test]
fn what_is_wrong_in_an_expression_is_found() {
    let wrong = |expression| Exported::all().wrong_in(expression);
    assert_eq!(
        wrong(
            r#"sum by (name, kind) (rate(circuit_breaker_calls_total{outcome=~"failure|gone"}[5m]))"#
        ),
        ["no outcome is `gone`", "nothing has the label `kind`"]
    );
    assert_eq!(wrong("circuit_breaker_calls"), ["`circuit_breaker_calls` is not exported"]);
    assert_eq!(
        wrong(r#"circuit_breaker_state{job="a",name=~"$name",key="b"}"#),
        ["`circuit_breaker_state` has no label `key`"]
    );
}

#[test]
fn the_dashboard_names_what_is_exported() {
    let (exported, dashboard) = (Exported::all(), read("grafana-dashboard.json"));
    let dashboard: Value = serde_json::from_str(&dashboard).unwrap();
    let mut expressions = Vec::new();
    for key in ["expr", "definition", "query"] {
        texts(&dashboard, key, &mut expressions);
    }
    for expression in &expressions {
        assert_right(&exported, expression);
    }
    let mut legends = Vec::new();
    for key in ["legendFormat", "titleFormat", "textFormat"] {
        texts(&dashboard, key, &mut legends);
    }
    for label in legends.iter().flat_map(|legend| templates(legend)) {
        assert!(exported.has_label(label), "`{label}`");
    }
    let shown: BTreeSet<&str> =
        expressions.iter().flat_map(|one| metrics(one)).map(|(metric, _)| metric).collect();
    let all: BTreeSet<&str> = exported.0.keys().map(String::as_str).collect();
    assert_eq!(shown, all, "all there is to see is on it");
}

#[test]
fn the_dashboards_panels_do_not_overlap() {
    let dashboard: Value = serde_json::from_str(&read("grafana-dashboard.json")).unwrap();
    let mut taken = BTreeSet::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        let at = |field: &str| panel["gridPos"][field].as_u64().unwrap();
        for x in at("x")..at("x") + at("w") {
            for y in at("y")..at("y") + at("h") {
                assert!(x < 24 && taken.insert((x, y)), "{}", panel["title"]);
            }
        }
    }
}

#[test]
fn the_alert_rules_name_what_is_exported() {
    let exported = Exported::all();
    let rules = read("alert-rules.yml");
    let rules: Vec<&str> = rules.split("- alert:").skip(1).collect();
    assert!(rules.len() > 5);
    for rule in rules {
        let expression = rule.split("expr:").nth(1).unwrap().split("labels:").next().unwrap();
        assert!(expression.contains("circuit_breaker_"), "{rule}");
        assert_right(&exported, expression);
        for label in templates(rule) {
            assert!(exported.has_label(label), "`{label}` in {rule}");
        }
    }
    for (metric, selector) in metrics(&read("alert-rules-test.yml")) {
        assert_right(&exported, &format!("{metric}{{{selector}}}"));
    }
}

#[test]
fn promtool_takes_the_rules_and_they_alert_when_they_should() {
    for arguments in
        [["check", "rules", "alert-rules.yml"], ["test", "rules", "alert-rules-test.yml"]]
    {
        if let Some(output) = promtool(&arguments, &directory(), "") {
            assert_content(&output);
        }
    }
}
