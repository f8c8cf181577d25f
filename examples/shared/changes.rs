//! What becomes of breakers, one line each.

use std::io::{self, Write};

use anstyle::Style;
use cb_runtime::{Event, State, Subscription};
use tokio::task::yield_now;

use crate::screen::{BAD, Clock, GOOD, UNSURE, note};

/// Tells which breakers have opened and closed since this was last asked. Probes, and those that fail, are not
/// told of.
///
/// # Errors
/// What writing ends in.
pub async fn tell(
    out: &mut impl Write,
    clock: &Clock,
    events: &mut Subscription,
) -> io::Result<()> {
    // Events are handed on by a task.
    yield_now().await;
    while let Ok(Some(event)) = events.try_recv() {
        if let Some((style, text)) = line(&event) {
            note(out, clock, style, &text)?;
        }
    }
    Ok(())
}

/// What people see of an event, if anything: breakers that open and close, and what operators do to them.
pub fn line(event: &Event) -> Option<(Style, String)> {
    Some(match event {
        Event::Transition { name, from: State::Closed, to: State::Open, reason, .. } => {
            (BAD, format!("{name} opened: {reason}"))
        }
        Event::Transition { name, to: State::Closed, reason, .. } => {
            (GOOD, format!("{name} closed: {reason}"))
        }
        Event::ModeChanged { name, to, .. } => (UNSURE, format!("{name} is set to {to}")),
        Event::ConfigChanged { name, .. } => (UNSURE, format!("{name} has other settings")),
        _ => return None,
    })
}
