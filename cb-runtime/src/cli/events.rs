//! `cbctl events`.

use std::{io::BufRead, thread::sleep, time::Duration};

use serde_json::{Value, json};

use super::{
    Context,
    client::Client,
    failure::{Failure, Finding},
    note,
    screen::{Screen, Shape, Text, Tone},
    sse::{self, Message},
    text::plain,
    words,
};
use crate::pattern::Pattern;

/// An id that no server gives: it tells all that it has kept.
const BEFORE_ALL: &str = "0";

/// Between two attempts to connect again, the first and the longest.
const WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(15);

/// Which events are printed.
pub(super) struct Wanted {
    name: Option<Pattern>,
    only_new: bool,
}

impl Wanted {
    pub(super) fn new(name: Option<&str>, only_new: bool) -> Self {
        Self { name: name.map(Pattern::new), only_new }
    }

    fn has(&self, event: &Value) -> bool {
        let name = event.get("name").and_then(Value::as_str);
        match (&self.name, name) {
            (Some(pattern), Some(name)) => pattern.matches(name),
            // That some were missed is everybody's business.
            _ => true,
        }
    }
}

/// Prints what the server has kept.
pub(super) fn latest(context: &mut Context, wanted: &Wanted) -> Result<Finding, Failure> {
    let Context { client, screen } = context;
    // The greeting of a stream bears the number of the latest event, if there was one.
    let mut stream = client.events(None)?;
    let greeting = read(client, &mut stream)?;
    drop(stream);
    let last = greeting.as_ref().and_then(|greeting| number(greeting.id.as_deref()?));
    // They are counted from 1.
    let Some(last) = last.filter(|last| *last > 0) else { return Ok(Finding::Fine) };
    let mut stream = client.events(Some(BEFORE_ALL))?;
    let again = read(client, &mut stream)?;
    if instance(again.as_ref()) != instance(greeting.as_ref()) {
        // Restarted in between: what it has kept is some milliseconds old.
        return Ok(Finding::Fine);
    }
    while let Some(message) = read(client, &mut stream)? {
        print(screen, &message, wanted)?;
        if message.id.as_deref().and_then(number).is_none_or(|number| number >= last) {
            break;
        }
    }
    Ok(Finding::Fine)
}

/// Prints events as they come, until it is interrupted.
pub(super) fn follow(context: &mut Context, wanted: &Wanted) -> Result<Finding, Failure> {
    let Context { client, screen } = context;
    let mut last = (!wanted.only_new).then(|| BEFORE_ALL.to_owned());
    let mut known: Option<String> = None;
    let mut wait = WAIT;
    loop {
        let broken = match client.events(last.as_deref()) {
            Ok(mut stream) => {
                wait = WAIT;
                listen(client, screen, &mut stream, wanted, &mut last, &mut known)
            }
            Err(failure) => failure,
        };
        // The first failure may be a mistake in the URL: nobody should wait for that to pass.
        if known.is_none() || !broken.may_pass() {
            return Err(broken);
        }
        note(&format!("cbctl: {}; trying again in {}s", broken.text(), wait.as_secs()));
        // The command has one thread, and nothing to do until then.
        sleep(wait);
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

/// Prints the events of one stream until it ends, and returns why it did.
fn listen(
    client: &Client,
    screen: &mut Screen,
    stream: &mut impl BufRead,
    wanted: &Wanted,
    last: &mut Option<String>,
    known: &mut Option<String>,
) -> Failure {
    loop {
        let message = match read(client, stream) {
            Ok(Some(message)) => message,
            Ok(None) => return client.lost("the stream of events ended"),
            Err(failure) => return failure,
        };
        if let Some(id) = &message.id {
            *last = Some(id.clone());
        }
        let printed = if message.event == "connected" {
            greet(client, &message, known);
            Ok(())
        } else {
            print(screen, &message, wanted).and_then(|()| screen.flush().map_err(Failure::from))
        };
        if let Err(failure) = printed {
            return failure;
        }
    }
}

/// Says who is there now, where it is not as it was.
fn greet(client: &Client, greeting: &Message, known: &mut Option<String>) {
    let now = instance(Some(greeting)).unwrap_or_default();
    if let Some(before) = known {
        let restarted = if *before == now { "" } else { ", which was restarted" };
        note(&format!("cbctl: connected to {} again{restarted}", client.address));
    }
    *known = Some(now);
}

fn read(client: &Client, stream: &mut impl BufRead) -> Result<Option<Message>, Failure> {
    sse::next(stream).map_err(|error| client.lost(&plain(&error.to_string())))
}

fn print(screen: &mut Screen, message: &Message, wanted: &Wanted) -> Result<(), Failure> {
    let mut event: Value =
        serde_json::from_str(&message.data).unwrap_or_else(|_| json!({ "text": message.data }));
    if let (Value::Object(event), false) = (&mut event, message.event.is_empty()) {
        event.entry("event").or_insert_with(|| message.event.as_str().into());
    }
    if !wanted.has(&event) {
        return Ok(());
    }
    match screen.shape() {
        Shape::Json => screen.json_line(&event)?,
        Shape::Lines | Shape::Tables => screen.columns(&columns(&event), &[24, 20, 19])?,
    }
    Ok(())
}

/// When, which breaker, what, and the rest.
pub(super) fn columns(event: &Value) -> [Text; 4] {
    let text = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or_default();
    let (what, rest) = words::event(event);
    let tone = match (text("event"), text("to")) {
        ("transition", "open") => Tone::Bad,
        ("transition", "closed") => Tone::Good,
        ("transition" | "mode_changed" | "missed", _) => Tone::Unsure,
        _ => Tone::Plain,
    };
    [
        Text::new(Tone::Faint, text("at")),
        Text::new(Tone::Title, text("name")),
        Text::new(tone, what),
        rest.into(),
    ]
}

fn instance(greeting: Option<&Message>) -> Option<String> {
    let data: Value = serde_json::from_str(&greeting?.data).ok()?;
    data.get("instance")?.as_str().map(ToOwned::to_owned)
}

/// The number at the end of an id.
fn number(id: &str) -> Option<u64> {
    id.rsplit_once('-')?.1.parse().ok()
}
