//! What an operator asks at the end, and where the answers come from.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use anstyle::Style;
use anyhow::Context;
use cb_examples::screen::{BAD, FAINT, TITLE, UNSURE, what_next};
use cb_runtime::{ExplainedSetting, Origin, Severity, registry};

use crate::steps::{Digest, Source};

const WHAT_NEXT: [(&str, &str); 4] = [
    ("examples/workflow/steps.rs", "the three functions and their breakers"),
    ("examples/workflow/pipeline.rs", "should_continue, on_degraded, on_recovered"),
    ("examples/config", "settings in a file, and what they stand over"),
    ("cargo doc --open -p cb-runtime", "`Registry`: all that can be asked"),
];

pub(crate) fn write(
    mut out: impl Write,
    stored: &[Digest],
    pauses: u32,
    export: &Path,
) -> anyhow::Result<()> {
    title(&mut out, "Summary")?;
    let count = |is: fn(&Digest) -> bool| stored.iter().filter(|&digest| is(digest)).count();
    let all = stored.len();
    let without_summary = count(|digest| digest.summary.is_none());
    let by_keyword = count(|digest| digest.found.source == Source::Keywords);
    paragraph(
        &mut out,
        &format!(
            "All {all} items are stored: {without_summary} of them without a summary, {by_keyword} \
             with what the fallback found. The workflow paused {pauses} times for the database, and \
             lost nothing."
        ),
    )?;

    title(&mut out, "registry().snapshot()")?;
    writeln!(out, "  breaker        now     calls  failed  turned away  fallbacks  opened")?;
    for breaker in registry().snapshot() {
        let totals = breaker.totals;
        writeln!(
            out,
            "  {:<13}  {:<6} {:>6}  {:>6}  {:>11}  {:>9}  {:>6}",
            breaker.name,
            breaker.state,
            totals.calls,
            totals.failures,
            totals.rejected,
            totals.fallbacks,
            breaker.openings
        )?;
    }

    title(&mut out, "registry().explain(\"llm\")")?;
    settings(&mut out, "llm")?;

    title(&mut out, "registry().health()")?;
    let health = registry().health();
    let counts = health.breakers;
    writeln!(
        out,
        "  {}, score {:.2}: {} of {} breakers are closed",
        health.verdict, health.score, counts.closed, counts.total
    )?;
    let failed = health.error_rate.unwrap_or_default() * 100.0;
    let p95 = health.response_times.map(|times| times.p95).unwrap_or_default();
    writeln!(
        out,
        "  {failed:.0} % of the calls that reached a service failed, 95 of 100 took up to {p95:.0?}"
    )?;

    title(&mut out, "registry().alerts()")?;
    for alert in registry().alerts() {
        let label =
            Label { style: style(alert.severity), text: alert.severity.to_string(), width: 10 };
        lines(&mut out, &label, &alert.text)?;
    }

    title(&mut out, "registry().recommendations()")?;
    for advice in registry().recommendations() {
        paragraph(&mut out, &advice.text)?;
    }

    title(&mut out, "registry().export_to(..)")?;
    registry().export_to(export)?;
    let size = fs::metadata(export)?.len().div_ceil(1024);
    writeln!(out, "  all of this as JSON, {size} kB:\n  {}", export.display())?;

    what_next(&mut out, &WHAT_NEXT)?;
    Ok(out.flush()?)
}

/// The settings of a breaker and of its functions' calls, but for those that nobody has set.
fn settings(out: &mut impl Write, name: &str) -> anyhow::Result<()> {
    let explained = registry().explain(name).context("the breaker is there")?;
    let of_calls = explained.calls.iter().flat_map(|calls| &calls.settings);
    let all = explained.settings.iter().chain(of_calls);
    for ExplainedSetting { setting, value, origin, overridden, .. } in all {
        let place = match origin {
            Origin::Default => continue,
            Origin::File { file, line, .. } => {
                let file = Path::new(&**file).file_name().unwrap_or_default();
                format!("{}:{line}", file.display())
            }
            elsewhere => elsewhere.to_string(),
        };
        let instead = match &overridden[..] {
            [lower, ..] if lower.value.len() < 10 => format!(", instead of {}", lower.value),
            _ => String::new(),
        };
        let label = Label { text: (*setting).to_owned(), width: 21, ..Label::default() };
        lines(out, &label, &format!("{value:<5}  {place}{instead}"))?;
    }
    Ok(())
}

fn title(out: &mut impl Write, text: &str) -> io::Result<()> {
    writeln!(out, "\n{TITLE}{text}{TITLE:#}")
}

fn paragraph(out: &mut impl Write, text: &str) -> io::Result<()> {
    lines(out, &Label::default(), text)
}

fn style(severity: Severity) -> Style {
    match severity {
        Severity::Critical => BAD,
        Severity::Warning => UNSURE,
        Severity::Info => FAINT,
    }
}

/// What stands before a text.
#[derive(Default)]
struct Label {
    style: Style,
    text: String,
    width: usize,
}

/// Breaks a text into lines that are not too wide, below one another behind its label.
fn lines(out: &mut impl Write, label: &Label, text: &str) -> io::Result<()> {
    const WIDEST: usize = 78;
    let Label { style, text: shown, width } = label;
    let indent = 2 + width;
    write!(out, "  {style}{shown:<width$}{style:#}")?;
    let (mut at, mut gap) = (indent, 0);
    for word in text.split(' ') {
        let length = word.chars().count();
        if length > 0 {
            if at > indent && at + gap + length > WIDEST {
                write!(out, "\n{:indent$}", "")?;
                (at, gap) = (indent, 0);
            }
            write!(out, "{:gap$}{word}", "")?;
            at += gap + length;
            gap = 0;
        }
        gap += 1;
    }
    writeln!(out)
}
