//! `cbctl alerts`.

use std::time::SystemTime;

use super::{
    Context,
    failure::{Failure, Finding},
    screen::{Rows, Shape, Text, Tone},
    text::ago,
    wire::{Alert, Alerts},
};

pub(super) fn run(context: &mut Context) -> Result<Finding, Failure> {
    let Context { client, screen } = context;
    let answer = client.get(&["alerts"], &[])?;
    if screen.shape() == Shape::Json {
        screen.document(&answer.json)?;
        return Ok(Finding::Fine);
    }
    let Alerts { alerts } = answer.read()?;
    if alerts.is_empty() && screen.shape() == Shape::Tables {
        screen.line(&[Text::new(Tone::Good, "nothing to be looked at")])?;
        return Ok(Finding::Fine);
    }
    let now = (screen.shape() == Shape::Tables).then(SystemTime::now);
    screen.table(&table(alerts, now))?;
    Ok(Finding::Fine)
}

/// The worst first. With a time, people are told how long ago it began.
pub(super) fn table(mut alerts: Vec<Alert>, now: Option<SystemTime>) -> Rows {
    alerts.sort_by_key(|alert| match alert.severity.as_str() {
        "critical" => 0,
        "warning" => 1,
        _ => 2,
    });
    let mut rows = Rows::new(&["severity", "breaker", "since", "what"]);
    for Alert { severity, breaker, since, text } in alerts {
        let tone = match severity.as_str() {
            "critical" => Tone::Bad,
            "warning" => Tone::Unsure,
            _ => Tone::Faint,
        };
        let since = now.map_or(since.clone(), |now| ago(&since, now));
        rows.push([Text::new(tone, severity), breaker.into(), since.into(), text.into()]);
    }
    rows
}
