//! The calls as they happen, one line each.

use std::{
    io::{self, Write},
    time::Duration,
};

use anstyle::Style;
use cb_examples::{
    screen::{BAD, Clock, FAINT, GOOD, Styled, TITLE, UNSURE, note},
    service::Behaviour,
};
use cb_runtime::{Snapshot, State};

use crate::{Price, Source};

const INTRO: &str = "\
A shop asks a price service over HTTP what coffee costs. In the next 12 seconds
the service will fail, recover, become slow and recover. Between them stands a
circuit breaker: after a few failures in a row it opens and spares the service,
and a fallback gives the last known price. Then one call, a probe, tries again.";

/// One call of the shop.
pub(crate) struct Call {
    /// How the service behaved; `None` where it was not asked.
    pub(crate) service: Option<Behaviour>,
    pub(crate) took: Duration,
    pub(crate) price: Price,
}

#[derive(Clone, Copy)]
pub(crate) enum Change {
    Opened,
    HalfOpened,
    Closed,
}

pub(crate) struct Timeline<W> {
    out: W,
    clock: Clock,
    phases: usize,
}

impl<W: Write> Timeline<W> {
    pub(crate) fn start(mut out: W) -> io::Result<Self> {
        writeln!(out, "{INTRO}\n")?;
        writeln!(
            out,
            "{FAINT}{:>8}  {:<11} {:>7}   {:<6} {:<13} breaker{FAINT:#}",
            "time", "service", "took", "price", "answered by"
        )?;
        Ok(Self { out, clock: Clock::start(), phases: 0 })
    }

    pub(crate) fn phase(&mut self, title: &str) -> io::Result<()> {
        self.phases += 1;
        writeln!(self.out, "\n{TITLE}{}. {title}{TITLE:#}", self.phases)
    }

    pub(crate) fn call(&mut self, call: &Call, breaker: &Snapshot) -> io::Result<()> {
        let time = &self.clock;
        let took = milliseconds(call.took);
        let service = service_column(call.service);
        let Price { cents, source } = &call.price;
        let price = format!("${}.{:02}", cents / 100, cents % 100);
        let source = source_column(source);
        let breaker = breaker_column(breaker);
        writeln!(self.out, "{time}  {service:<11} {took:>7}   {price:<6} {source:<13} {breaker}")
    }

    pub(crate) fn change(&mut self, change: Change, breaker: &Snapshot) -> io::Result<()> {
        let (style, text) = describe(change, breaker);
        note(&mut self.out, &self.clock, style, &text)
    }

    pub(crate) fn into_inner(self) -> W {
        self.out
    }
}

fn describe(change: Change, breaker: &Snapshot) -> (Style, String) {
    match change {
        Change::Opened => {
            let reason = breaker.last_opening.map_or_else(String::new, |reason| reason.to_string());
            let remaining = breaker.remaining_open.unwrap_or_default().as_secs_f64();
            (BAD, format!("breaker opened: {reason}; next probe in {remaining:.1} s"))
        }
        Change::HalfOpened => {
            (UNSURE, "breaker half-open: the next call may ask the service, as a probe".into())
        }
        Change::Closed => {
            (GOOD, "breaker closed: the probe succeeded, all calls may pass again".into())
        }
    }
}

fn service_column(service: Option<Behaviour>) -> Styled {
    match service {
        Some(Behaviour::Healthy) => Styled(GOOD, "answered".into()),
        Some(Behaviour::Failing | Behaviour::Flaky) => Styled(BAD, "error 503".into()),
        Some(Behaviour::Slow) => Styled(BAD, "too slow".into()),
        None => Styled(FAINT, "not asked".into()),
    }
}

fn source_column(source: &Source) -> Styled {
    match source {
        Source::Service => Styled(GOOD, "service".into()),
        Source::Memory => Styled(UNSURE, "fallback".into()),
    }
}

fn breaker_column(breaker: &Snapshot) -> Styled {
    match (breaker.state, breaker.consecutive_failures) {
        (State::Closed, 0) => Styled(GOOD, "closed".into()),
        (State::Closed, 1) => Styled(GOOD, "closed, 1 failure".into()),
        (State::Closed, row) => Styled(GOOD, format!("closed, {row} failures")),
        (State::HalfOpen, _) => Styled(UNSURE, "half-open".into()),
        (State::Open, _) => Styled(BAD, "open".into()),
    }
}

fn milliseconds(took: Duration) -> String {
    match took.as_millis() {
        0 => "< 1 ms".into(),
        some => format!("{some} ms"),
    }
}
