//! What must be true of every text that is read, for tests of known texts and of random ones.

#![allow(clippy::expect_used, reason = "what is not as it must be fails the test")]

use std::{fmt::Write, sync::Arc};

use super::{
    document::Document,
    json,
    place::{Format, Text},
    problem::{ConfigProblem, Problems},
    read::{self, Findings},
    toml,
    tree::{Entry, Lines, Value},
};
use crate::config::{Layer, Layers, Origin};

/// Checks a text as a file of each format.
///
/// # Panics
/// See [`check`].
#[cfg(cb_fuzz)]
pub fn check_both(text: &str) {
    check(text, Format::Toml);
    check(text, Format::Json);
}

/// Reads a text, and where there is nothing wrong with it, the same in the other format.
///
/// # Panics
/// Where a problem is in no line of the text, or would steer a terminal, and where the two formats do
/// not say the same.
pub(super) fn check(text: &str, format: Format) {
    let (document, findings) = document(text, format);
    let lines = text.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let problems = told(findings);
    for problem in &problems {
        let line = problem.line().expect("a text's problems have lines");
        assert!((1..=lines).contains(&(line as usize)), "{problem} is in none of {lines} lines");
        let shown = problem.to_string();
        assert!(!shown.contains(char::is_control), "{shown:?} would steer a terminal");
        assert!(shown.chars().count() < 4000, "{shown} is too long to be read");
    }
    if !problems.is_empty() {
        return;
    }
    let other = match format {
        Format::Toml => Format::Json,
        Format::Json => Format::Toml,
    };
    let rewritten = rewritten(text, format, other);
    let (again, findings) = self::document(&rewritten, other);
    assert_eq!(told(findings), [], "{rewritten}");
    let environments = document.environments().map(Some);
    for environment in environments.chain([None]) {
        let [one, same] = [&document, &again].map(|read| without_lines(read.layers(environment)));
        assert_eq!(one, same, "in {environment:?}:\n{text}\nis not\n{rewritten}");
    }
}

fn document(text: &str, format: Format) -> (Document, Findings) {
    let mut findings = Findings::default();
    let document = read::document(&"<text>".into(), text.as_bytes(), format, &mut findings);
    (document, findings)
}

fn told(findings: Findings) -> Vec<ConfigProblem> {
    findings.problems.into_parts().0
}

/// The same layers with the keys alone for origins: lines and files differ between formats.
pub(super) fn without_lines(mut layers: Layers) -> Layers {
    let only_key = |origin: &mut Origin| {
        if let Origin::File { file, line, .. } = origin {
            (*file, *line) = ("".into(), 0);
        }
    };
    let settle = |layer: &mut Layer| layer.origins.values_mut().for_each(only_key);
    settle(&mut layers.defaults);
    layers.service_types.values_mut().for_each(settle);
    layers.breakers.values_mut().for_each(settle);
    layers.patterns.iter_mut().for_each(|(_, layer)| settle(layer));
    layers.call_timeouts.values_mut().for_each(|timeout| only_key(&mut timeout.origin));
    for call in &mut layers.calls {
        only_key(&mut call.origin);
        call.origins.values_mut().for_each(only_key);
    }
    layers
}

/// What a text says, in another format.
pub(super) fn rewritten(text: &str, from: Format, to: Format) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let at = Text { name: Arc::from("<text>"), lines: Lines::of(text), format: from };
    let mut problems = Problems::default();
    let entries = match from {
        Format::Toml => toml::read(text, &at, &mut problems),
        Format::Json => json::read(text, &at, &mut problems),
    }
    .unwrap_or_default();
    let mut written = String::new();
    match to {
        Format::Json => table(&entries, to, &mut written),
        Format::Toml => {
            for entry in &entries {
                pair(entry, to, &mut written);
                written.push('\n');
            }
        }
    }
    written
}

fn table(entries: &[Entry<'_>], format: Format, written: &mut String) {
    written.push('{');
    for (place, entry) in entries.iter().enumerate() {
        if place > 0 {
            written.push_str(", ");
        }
        pair(entry, format, written);
    }
    written.push('}');
}

fn pair(entry: &Entry<'_>, format: Format, written: &mut String) {
    string(&entry.key, written);
    written.push_str(if format == Format::Toml { " = " } else { ": " });
    match &entry.value {
        Value::Text(text) => string(text, written),
        // JSON has no plus.
        Value::Number(number) => written.push_str(number.trim_start_matches('+')),
        Value::Flag(flag) => written.push_str(if *flag { "true" } else { "false" }),
        Value::Table(entries) => table(entries, format, written),
        Value::Words(_) | Value::Other(_) => written.push_str("[]"),
    }
}

/// In quotes, with the escapes that both formats have.
fn string(text: &str, written: &mut String) {
    written.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => written.extend(['\\', character]),
            '\0'..='\u{1f}' | '\u{7f}' => {
                let _ = write!(written, "\\u{:04x}", u32::from(character));
            }
            _ => written.push(character),
        }
    }
    written.push('"');
}
