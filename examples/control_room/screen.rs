//! What happens, one line each.

use std::{
    io::{self, Write},
    sync::LazyLock,
};

use cb_examples::screen::{BAD, Clock, GOOD, TITLE, UNSURE, note};
use cb_runtime::{Event, State, registry};

static CLOCK: LazyLock<Clock> = LazyLock::new(Clock::start);

/// Services behave otherwise.
pub(crate) fn act(title: &str) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    writeln!(out, "{}  {TITLE}{title}{TITLE:#}", *CLOCK)
}

/// Tells of each change of a breaker, and of what operators do.
pub(crate) async fn tell_changes() -> io::Result<()> {
    LazyLock::force(&CLOCK);
    let mut events = registry().subscribe();
    loop {
        // Some may be missed where there are very many: the next ones are told.
        let Ok(event) = events.recv().await else { continue };
        let (style, text) = match &event {
            Event::Transition { name, from, to: State::Open, reason, .. } => {
                let again = if *from == State::Closed { "opened" } else { "open again" };
                (BAD, format!("{name} {again}: {reason}"))
            }
            Event::Transition { name, to: State::HalfOpen, .. } => {
                (UNSURE, format!("{name} is tried again"))
            }
            Event::Transition { name, to: State::Closed, reason, .. } => {
                (GOOD, format!("{name} closed: {reason}"))
            }
            Event::ModeChanged { name, to, .. } => (UNSURE, format!("{name} is set to {to}")),
            Event::ConfigChanged { name, .. } => (UNSURE, format!("{name} has other settings")),
            _ => continue,
        };
        note(&mut anstream::stdout().lock(), &CLOCK, style, &text)?;
    }
}
