//! `cbctl status`.

use std::{mem, time::SystemTime};

use serde_json::Value;

use super::{
    Context,
    args::Listing,
    client::{Answer, Client},
    failure::{Failure, Finding},
    screen::{Rows, Shape, Text, Tone},
    store,
    text::{ago, count, left, percent, score, time, took, word},
    values::State,
    wire::{Row, Status},
};

pub(super) fn run(context: &mut Context, listing: &Listing) -> Result<Finding, Failure> {
    let Context { client, screen } = context;
    let answer = all(client, listing)?;
    if screen.shape() == Shape::Json {
        screen.document(&answer.json)?;
        return Ok(Finding::Fine);
    }
    let status: Status = answer.read()?;
    let now = time(&status.at);
    if screen.shape() == Shape::Lines {
        screen.table(&listed(&status.breakers))?;
        return Ok(Finding::Fine);
    }
    screen.line(&summary(&status))?;
    if let Some(line) = store::line(status.store.as_ref(), now) {
        screen.line(&line)?;
    }
    if !status.breakers.is_empty() {
        screen.line(&[])?;
        screen.table(&drawn(&status.breakers, now))?;
    }
    let shown = status.breakers.len() as u64;
    if shown < status.totals.total && listing.after.is_none() {
        let of = format!("{shown} of {}", count(status.totals.total, "breaker"));
        let more = match (&status.next, status.breakers.last()) {
            (Some(_), Some(last)) => format!("; go on with --after '{}'", last.name),
            _ => String::new(),
        };
        screen.line(&[])?;
        screen.line(&[Text::new(Tone::Faint, of + &more)])?;
    }
    Ok(Finding::Fine)
}

/// Asks for one page after the other, unless so many breakers are asked for.
fn all(client: &Client, listing: &Listing) -> Result<Answer, Failure> {
    let limit = listing.limit.map(|limit| limit.to_string());
    let mut after = listing.after.clone();
    let mut whole: Option<Answer> = None;
    loop {
        let mut query = Vec::new();
        let state = listing.state.map(State::wire);
        for (name, value) in [
            ("service_type", listing.service_type.as_deref()),
            ("state", state),
            ("limit", limit.as_deref()),
            ("after", after.as_deref()),
        ] {
            query.extend(value.map(|value| (name, value)));
        }
        let mut page = client.get(&["status"], &query)?;
        let next = page.json.get("next").and_then(Value::as_str).map(ToOwned::to_owned);
        let whole = match &mut whole {
            None => whole.insert(page),
            Some(whole) => {
                whole.json["next"] = page.json["next"].take();
                let more = mem::take(&mut page.json["breakers"]);
                if let (Value::Array(all), Value::Array(more)) = (&mut whole.json["breakers"], more)
                {
                    all.extend(more);
                }
                whole
            }
        };
        // A server that says the same again would have us ask for ever.
        let is_last = next.is_none() || next == after || limit.is_some();
        if is_last {
            let json = mem::take(&mut whole.json);
            return Ok(Answer { status: whole.status, json });
        }
        after = next;
    }
}

/// "degraded, score 0.83: 6 breakers, 4 closed, 1 half-open, 1 open".
pub(super) fn summary(status: &Status) -> [Text; 2] {
    let totals = &status.totals;
    let mut text = count(totals.total, "breaker");
    for (number, what) in [
        (totals.closed, "closed"),
        (totals.half_open, "half-open"),
        (totals.open, "open"),
        (totals.forced_open, "forced open"),
        (totals.disabled, "disabled"),
        (totals.metrics_only, "metrics only"),
    ] {
        if number > 0 {
            text = format!("{text}, {number} {what}");
        }
    }
    let verdict = Text::new(verdict(&status.verdict), &status.verdict);
    [verdict, format!("- score {}: {text}", score(status.score)).into()]
}

pub(super) fn verdict(verdict: &str) -> Tone {
    match verdict {
        "healthy" => Tone::Good,
        "degraded" => Tone::Unsure,
        "failed" => Tone::Bad,
        _ => Tone::Plain,
    }
}

/// The state, or the mode where that decides.
pub(super) fn state(row: &Row) -> Text {
    let (state, mode) = (word(&row.state), word(&row.mode));
    match row.mode.as_str() {
        "forced_open" => Text::new(Tone::Bad, mode),
        "disabled" | "metrics_only" => Text::new(Tone::Unsure, format!("{mode} ({state})")),
        _ => Text::new(tone(&row.state), state),
    }
}

fn tone(state: &str) -> Tone {
    match state {
        "closed" => Tone::Good,
        "half_open" => Tone::Unsure,
        "open" => Tone::Bad,
        _ => Tone::Plain,
    }
}

/// "3/5": so many failures in a row, of so many that open.
pub(super) fn row(row: &Row) -> String {
    match row.failure_threshold {
        // As good as none.
        Some(threshold) if threshold < u64::from(u32::MAX) => {
            format!("{}/{threshold}", row.consecutive_failures)
        }
        _ => row.consecutive_failures.to_string(),
    }
}

fn listed(breakers: &[Row]) -> Rows {
    let mut rows = Rows::new(&[
        "breaker",
        "service_type",
        "critical",
        "state",
        "mode",
        "row",
        "failure_rate",
        "calls",
        "failures",
        "rejected",
        "p95",
        "next_probe",
        "since",
    ]);
    for breaker in breakers {
        let p95 = breaker.response_times.as_ref().map(|times| took(times.p95));
        let critical = if breaker.critical { "critical" } else { "" };
        rows.push([
            breaker.name.as_str().into(),
            breaker.service_type.clone().into(),
            critical.into(),
            word(&breaker.state).into(),
            word(&breaker.mode).into(),
            row(breaker).into(),
            breaker.failure_rate.map(percent).into(),
            breaker.total("calls").to_string().into(),
            breaker.total("failures").to_string().into(),
            breaker.total("rejected").to_string().into(),
            p95.into(),
            breaker.remaining_open.map(left).into(),
            breaker.since.as_str().into(),
        ]);
    }
    rows
}

/// What people look at first. Not all of it fits into 80 columns.
pub(super) fn drawn<'a>(breakers: impl IntoIterator<Item = &'a Row>, now: SystemTime) -> Rows {
    let mut rows =
        Rows::new(&["breaker", "type", "state", "row", "errors", "calls", "p95", "since"])
            .dispensable(&["p95", "type", "calls"]);
    for breaker in breakers {
        let name = Text::new(Tone::Title, &breaker.name);
        let kind = breaker.service_type.clone().unwrap_or_default();
        let critical = if breaker.critical { "(critical)" } else { "" };
        let kind = format!("{kind} {critical}");
        let p95 = breaker.response_times.as_ref().map(|times| took(times.p95));
        let row = row(breaker);
        let row = if breaker.consecutive_failures > 0 {
            Text::new(Tone::Unsure, row)
        } else {
            row.into()
        };
        let since = match breaker.remaining_open {
            Some(time) => format!("{}, probe in {}", ago(&breaker.since, now), left(time)),
            None => ago(&breaker.since, now),
        };
        rows.push([
            name,
            kind.trim().into(),
            state(breaker),
            row,
            breaker.failure_rate.map(percent).into(),
            breaker.total("calls").to_string().into(),
            p95.into(),
            since.into(),
        ]);
    }
    rows
}
