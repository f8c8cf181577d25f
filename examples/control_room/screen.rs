//! What happens, one line each.

use std::{
    io::{self, Write},
    sync::LazyLock,
};

use cb_examples::{
    changes,
    screen::{BAD, Clock, TITLE, UNSURE, note},
};
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
        let line = match &event {
            Event::Transition { name, from: State::HalfOpen, to: State::Open, reason, .. } => {
                Some((BAD, format!("{name} open again: {reason}")))
            }
            Event::Transition { name, to: State::HalfOpen, .. } => {
                Some((UNSURE, format!("{name} is tried again")))
            }
            other => changes::line(other),
        };
        let Some((style, text)) = line else { continue };
        note(&mut anstream::stdout().lock(), &CLOCK, style, &text)?;
    }
}
