//! What happens, one line each.

use std::{
    io::{self, Write},
    sync::LazyLock,
};

use anstyle::{AnsiColor, Style};
use cb_examples::{
    changes,
    screen::{BAD, Clock, FAINT, GOOD, Styled, TITLE, UNSURE, note},
};
use cb_runtime::registry;

use crate::{
    model::By,
    queue::Done,
    station::{Processed, StationError},
};

static CLOCK: LazyLock<Clock> = LazyLock::new(Clock::start);
const STATION: Style = AnsiColor::Cyan.on_default();

pub(crate) fn head() -> io::Result<()> {
    LazyLock::force(&CLOCK);
    let mut out = anstream::stdout().lock();
    writeln!(
        out,
        "{FAINT}{:>8}  {:<12} {:<6} {:<14} {:<8} headquarters{FAINT:#}",
        "time", "recording", "gain", "named by", "database"
    )
}

pub(crate) fn scene(number: usize, title: &str) -> io::Result<()> {
    writeln!(anstream::stdout().lock(), "\n{TITLE}{number}. {title}{TITLE:#}")
}

pub(crate) fn row(recording: &str, processed: &Result<Processed, StationError>) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    let clock = &*CLOCK;
    match processed {
        Ok(Processed { gain, by, kept, reported, .. }) => writeln!(
            out,
            "{clock}  {recording:<12} {gain:<6} {:<14} {:<8} {}",
            namer(*by),
            column(*kept, "stored"),
            column(*reported, "told")
        ),
        Err(error) => writeln!(out, "{clock}  {recording:<12} {BAD}{error}{BAD:#}"),
    }
}

fn namer(by: By) -> Styled {
    match by {
        By::Model => Styled(GOOD, "model".into()),
        By::LightModel => Styled(UNSURE, "lighter model".into()),
        By::Pitch => Styled(UNSURE, "their pitch".into()),
    }
}

fn column(done: Done, good: &str) -> Styled {
    match done {
        Done::Now => Styled(GOOD, good.into()),
        Done::Later => Styled(UNSURE, "waits".into()),
    }
}

/// What waited for a service is done.
pub(crate) fn drained(service: &str, tasks: usize) {
    say(&format!("what waited for {service} is done: {tasks}"));
}

pub(crate) fn read_only(is: bool) {
    say(if is {
        "on_degraded: the station is read-only, new sightings wait"
    } else {
        "on_recovered: the station writes again"
    });
}

pub(crate) fn say(text: &str) {
    // Without a screen there is nobody to tell.
    let _ = note(&mut anstream::stdout().lock(), &CLOCK, STATION, text);
}

/// Tells of each change of a breaker, and of what operators do.
pub(crate) async fn tell_changes() -> io::Result<()> {
    let mut events = registry().subscribe();
    loop {
        // Some may be missed where there are very many: the next ones are told.
        let Ok(event) = events.recv().await else { continue };
        let Some((style, text)) = changes::line(&event) else { continue };
        note(&mut anstream::stdout().lock(), &CLOCK, style, &text)?;
    }
}
