//! What happens, one line each.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use cb_examples::screen::{self, BAD, Clock, FAINT, GOOD, Styled, TITLE, UNSURE};
use cb_runtime::{Event, Health, State};

use crate::{
    pipeline::{Effort, Outcome},
    steps::{Digest, Found, Source, StepError},
};

const PIPELINE: Style = AnsiColor::Cyan.on_default();

const INTRO: &str = "\
A digest is made of every item that comes in: search for articles, summarize
them, store the result. Each step calls a service of its own, a real server on
this computer, through a circuit breaker. In the next 12 seconds each service
will fail and recover. The workflow does what it can, and loses nothing.";

pub(crate) struct Screen<W> {
    out: W,
    clock: Clock,
    phases: usize,
}

impl<W: Write> Screen<W> {
    pub(crate) fn start(mut out: W) -> io::Result<Self> {
        writeln!(out, "{INTRO}\n")?;
        writeln!(
            out,
            "{FAINT}{:>8}  {:<16} {:<14} {:<13} database{FAINT:#}",
            "time", "item", "vector_search", "llm"
        )?;
        Ok(Self { out, clock: Clock::start(), phases: 0 })
    }

    pub(crate) fn into_inner(self) -> W {
        self.out
    }

    pub(crate) fn phase(&mut self, title: &str) -> io::Result<()> {
        self.phases += 1;
        writeln!(self.out, "\n{TITLE}{}. {title}{TITLE:#}", self.phases)
    }

    pub(crate) fn row(
        &mut self,
        topic: &str,
        digest: &Digest,
        outcome: &Outcome,
    ) -> io::Result<()> {
        let time = &self.clock;
        let item = format!("#{} {topic}", digest.number);
        let (found, summary) = if outcome.made_before {
            (done(), done())
        } else {
            (found_column(&digest.found), column(&outcome.summarized, "summary"))
        };
        let stored = column(&outcome.stored, "stored");
        writeln!(self.out, "{time}  {item:<16} {found:<14} {summary:<13} {stored}")
    }

    /// A breaker has changed its state.
    pub(crate) fn change(&mut self, event: &Event) -> io::Result<()> {
        let Event::Transition { name, from, to, reason, open_for, .. } = event else {
            return Ok(());
        };
        let (style, text) = match to {
            State::Open => {
                let again = if *from == State::Closed { "opened" } else { "open again" };
                let time = open_for.unwrap_or_default().as_secs_f64();
                (BAD, format!("{name} {again}: {reason}; next probe in {time:.1} s"))
            }
            // The call that finds it so is a row of its own.
            State::HalfOpen => return Ok(()),
            State::Closed => (GOOD, format!("{name} closed: {reason}")),
        };
        self.note(style, &text)
    }

    pub(crate) fn switched(&mut self, effort: Effort) -> io::Result<()> {
        let text = match effort {
            Effort::Cheap => "on_degraded: cheaper from here on, with 2 hits and no summaries",
            Effort::Full => "on_recovered: 8 hits and summaries again",
        };
        self.note(PIPELINE, text)
    }

    pub(crate) fn pauses(&mut self, health: &Health) -> io::Result<()> {
        let (verdict, score) = (health.verdict, health.score);
        let why = match &health.critical_down[..] {
            [] => format!("open: {}", health.open_breakers.join(", ")),
            critical => format!("critical and down: {}", critical.join(", ")),
        };
        self.note(PIPELINE, &format!("pauses: health is {verdict}, score {score:.2}, {why}"))
    }

    pub(crate) fn goes_on(&mut self, waiting: usize) -> io::Result<()> {
        let items =
            if waiting == 1 { "1 item has".into() } else { format!("{waiting} items have") };
        self.note(PIPELINE, &format!("goes on: should_continue() says yes; {items} waited"))
    }

    fn note(&mut self, style: Style, text: &str) -> io::Result<()> {
        screen::note(&mut self.out, &self.clock, style, text)
    }
}

/// Done in a run before.
fn done() -> Styled {
    Styled(FAINT, "done".into())
}

fn found_column(Found { titles, source }: &Found) -> Styled {
    match source {
        Source::Index => Styled(GOOD, format!("{} hits", titles.len())),
        Source::Keywords => Styled(UNSURE, "by keyword".into()),
    }
}

fn column(answer: &Result<(), StepError>, good: &str) -> Styled {
    match answer {
        Ok(()) => Styled(GOOD, good.into()),
        Err(StepError::Circuit(error)) if error.is_rejection() => Styled(FAINT, "not asked".into()),
        Err(StepError::Circuit(_)) => Styled(BAD, "too slow".into()),
        Err(StepError::Service(error)) => Styled(
            BAD,
            match error.status() {
                Some(status) => format!("error {}", status.as_u16()),
                None => "no answer".into(),
            },
        ),
    }
}
