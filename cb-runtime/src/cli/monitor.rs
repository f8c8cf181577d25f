//! `cbctl monitor`.

use std::{
    thread::sleep,
    time::{Duration, SystemTime},
};

use serde_json::{Value, json};

use super::{
    Context, alerts,
    client::Client,
    failure::{Failure, Finding},
    note,
    screen::{self, Screen, Shape, Text, Tone},
    status, store,
    text::{lasting, score, time},
    wire::{Alert, Alerts, Row, Status},
};

/// What one look has found.
struct Look {
    json: Value,
    status: Status,
    alerts: Vec<Alert>,
}

pub(super) fn run(
    context: &mut Context,
    interval: Duration,
    rounds: Option<u64>,
    service_type: Option<&str>,
) -> Result<Finding, Failure> {
    let Context { client, screen } = context;
    let mut picture = Picture::default();
    let mut round = 0;
    loop {
        round += 1;
        match look(client, service_type) {
            Ok(look) => picture.show(client, screen, &look, interval)?,
            // The first may be a mistake in the URL; a later one is what a monitor is for.
            Err(failure) if round == 1 || !failure.may_pass() => return Err(failure),
            Err(failure) => picture.tell(screen, &failure)?,
        }
        screen.flush()?;
        if rounds.is_some_and(|rounds| round >= rounds) {
            return Ok(Finding::Fine);
        }
        // The command has one thread, and nothing to do until then: the pause is what was asked for.
        sleep(interval);
    }
}

fn look(client: &Client, service_type: Option<&str>) -> Result<Look, Failure> {
    let query: Vec<_> = service_type.map(|kind| ("service_type", kind)).into_iter().collect();
    let mut answer = client.get(&["status"], &query)?;
    let status = answer.read()?;
    let found = client.get(&["alerts"], &[])?;
    let Alerts { alerts } = found.read()?;
    if let Value::Object(json) = &mut answer.json {
        json.insert("alerts".to_owned(), found.json["alerts"].clone());
    }
    Ok(Look { json: answer.json, status, alerts })
}

/// In fewer lines, only the breakers are drawn: their table's head, three of them, and as much for alerts.
const ROOM_FOR_BOTH: usize = 11;

/// What was drawn last.
#[derive(Default)]
struct Picture {
    lines: usize,
    is_begun: bool,
}

impl Picture {
    fn show(
        &mut self,
        client: &Client,
        screen: &mut Screen,
        look: &Look,
        interval: Duration,
    ) -> Result<(), Failure> {
        match screen.shape() {
            Shape::Json => screen.json_line(&look.json)?,
            Shape::Lines => {
                if !self.is_begun {
                    screen.raw("at\tverdict\tscore\tbreakers\tclosed\thalf_open\topen\tcritical\twarning\tstore\n")?;
                }
                screen.columns(&line(look), &[])?;
            }
            Shape::Tables => {
                let lines = drawing(client, screen, look, interval);
                self.redraw(screen, &lines)?;
            }
        }
        self.is_begun = true;
        Ok(())
    }

    /// Draws over what was drawn before. Nothing of the terminal is changed, so that it is as it was
    /// however this ends.
    fn redraw(&mut self, screen: &mut Screen, lines: &[String]) -> Result<(), Failure> {
        screen.back(self.lines)?;
        for line in lines {
            screen.raw(line)?;
            screen.raw("\n")?;
        }
        self.lines = lines.len();
        Ok(())
    }

    /// Says that there was no answer, and goes on.
    fn tell(&mut self, screen: &mut Screen, failure: &Failure) -> Result<(), Failure> {
        let now = humantime::format_rfc3339_seconds(SystemTime::now());
        match screen.shape() {
            Shape::Json => {
                let problem = failure.problem();
                screen.json_line(&json!({ "at": now.to_string(), "problem": problem }))?;
            }
            Shape::Lines => note(&format!("cbctl: {now}: {}", failure.text())),
            Shape::Tables => {
                let (width, _) = screen::size();
                let text = failure.text();
                let lines = text.lines().flat_map(|line| wrapped(line, width - 1));
                let lines = lines.map(|line| (Tone::Bad, line));
                let then = cut(&format!("{now}, trying again"));
                let lines = lines.chain([(Tone::Faint, then)]);
                let lines: Vec<String> =
                    lines.map(|(tone, line)| screen.styled(&[Text::new(tone, line)])).collect();
                self.redraw(screen, &lines)?;
            }
        }
        Ok(())
    }
}

/// As much of a line as there is room for: a longer one would make two, and be drawn over in part.
fn cut(line: &str) -> String {
    let (width, _) = screen::size();
    line.chars().take(width - 1).collect()
}

/// All of it, in as many lines as it needs: the mend stands at its end.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let letters: Vec<char> = word.chars().collect();
        // A word that is longer than a line is broken.
        for part in letters.chunks(width.max(1)) {
            let line = lines
                .last_mut()
                .filter(|line| !line.is_empty() && line.chars().count() + 1 + part.len() <= width);
            match line {
                Some(line) => {
                    line.push(' ');
                    line.extend(part);
                }
                None => lines.push(part.iter().collect()),
            }
        }
    }
    lines.retain(|line| !line.is_empty());
    lines
}

/// The same for several texts beside each other.
fn fitting<const N: usize>(texts: [Text; N]) -> [Text; N] {
    let (width, _) = screen::size();
    let mut room = width - 1;
    texts.map(|text| {
        let (text, length) = text.cut(room);
        room = room.saturating_sub(length + 1);
        text
    })
}

fn line(look: &Look) -> [Text; 10] {
    let of = |severity: &str| {
        look.alerts.iter().filter(|alert| alert.severity == severity).count().to_string().into()
    };
    let totals = &look.status.totals;
    [
        look.status.at.as_str().into(),
        look.status.verdict.as_str().into(),
        score(look.status.score).into(),
        totals.total.to_string().into(),
        totals.closed.to_string().into(),
        totals.half_open.to_string().into(),
        totals.open.to_string().into(),
        of("critical"),
        of("warning"),
        store::short(look.status.store.as_ref().map(|store| store.connected)).into(),
    ]
}

/// The lines that there is room for: how it is, the breakers that are not closed before the others, and
/// what ought to be looked at.
fn drawing(client: &Client, screen: &Screen, look: &Look, interval: Duration) -> Vec<String> {
    let Look { status, alerts, .. } = look;
    let now = time(&status.at);
    let (_, height) = screen::size();
    let every = lasting(interval.as_secs_f64());
    let place = format!("{}, every {every}; Ctrl-C ends", client.address);
    let mut lines = vec![
        screen.styled(&[Text::new(Tone::Faint, cut(&place))]),
        screen.styled(&fitting(status::summary(status))),
    ];
    if let Some(texts) = store::line(status.store.as_ref(), now) {
        lines.push(screen.styled(&fitting(texts)));
    }
    lines.push(String::new());
    let mut rows: Vec<&Row> = status.breakers.iter().collect();
    rows.sort_by_key(|row| rank(row));
    let told: Vec<Alert> =
        alerts.iter().filter(|alert| alert.severity != "info").cloned().collect();
    // One line stays free for the cursor, and half of the rest is the alerts' at the most; where that would
    // leave no breaker to be seen, they have none.
    let room = height.saturating_sub(lines.len() + 1);
    let alerts = if told.is_empty() || room < ROOM_FOR_BOTH {
        Vec::new()
    } else {
        let table = screen.drawn(&alerts::table(told, Some(now)));
        std::iter::once(String::new()).chain(table).take(room / 2).collect()
    };
    let table = screen.drawn(&status::drawn(rows, now));
    let room = room - alerts.len();
    if table.len() <= room {
        lines.extend(table);
    } else {
        lines.extend(table.iter().take(room.saturating_sub(1)).cloned());
        let more = table.len() - room.saturating_sub(1);
        lines.push(screen.styled(&[Text::new(Tone::Faint, format!("… {more} more lines"))]));
    }
    lines.extend(alerts);
    lines
}

/// What is to be seen first comes first.
fn rank(row: &Row) -> u8 {
    match (row.mode.as_str(), row.state.as_str()) {
        ("forced_open", _) | ("normal", "open") => 0,
        ("normal", "half_open") => 1,
        ("normal", "closed") => 3,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_broken_between_its_words() {
        let text = "no answer: nothing listens there";
        assert_eq!(wrapped(text, 40), [text]);
        assert_eq!(wrapped(text, 12), ["no answer:", "nothing", "listens", "there"]);
        assert_eq!(wrapped("at http://h:1/api", 8), ["at", "http://h", ":1/api"]);
        assert_eq!(wrapped("", 8), [""; 0]);
    }
}
