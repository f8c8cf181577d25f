//! What becomes of breakers, one line each.

use std::io::{self, Write};

use cb_runtime::{Event, State, Subscription};
use tokio::task::yield_now;

use crate::screen::{BAD, Clock, GOOD, note};

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
        let Event::Transition { name, from, to, reason, .. } = event else { continue };
        let (style, text) = match to {
            State::Open if from == State::Closed => (BAD, format!("{name} opened: {reason}")),
            State::Closed => (GOOD, format!("{name} closed: {reason}")),
            _ => continue,
        };
        note(out, clock, style, &text)?;
    }
    Ok(())
}
