//! What happens in which order.

use std::{
    io::{self, Write},
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use cb_examples::service::{Behaviour, Service};
use cb_runtime::{Snapshot, State, registry};
use tokio::time::{sleep, sleep_until};

use crate::{
    Shop, price, service, summary,
    timeline::{Call, Change, Timeline},
};

/// Between two calls. No divisor of the two seconds that the breaker stays open: a call at the very
/// moment when they end could go either way.
const PAUSE: Duration = Duration::from_millis(450);

struct Phase {
    title: &'static str,
    behaviour: Behaviour,
    until: Until,
}

/// What ends a phase, counted from its beginning.
enum Until {
    Answers(u64),
    Openings(u64),
}

const PHASES: [Phase; 5] = [
    Phase {
        title: "The service is healthy",
        behaviour: Behaviour::Healthy,
        until: Until::Answers(3),
    },
    Phase {
        title: "The service starts failing: every request gets an error",
        behaviour: Behaviour::Failing,
        // The second opening is that of the probe that fails.
        until: Until::Openings(2),
    },
    Phase {
        title: "The service is well again: the next probe will find out",
        behaviour: Behaviour::Healthy,
        until: Until::Answers(2),
    },
    Phase {
        title: "The service is slow: it takes longer than the call_timeout",
        behaviour: Behaviour::Slow,
        until: Until::Openings(1),
    },
    Phase {
        title: "The service is well again: the next probe will find out",
        behaviour: Behaviour::Healthy,
        until: Until::Answers(2),
    },
];

/// Tells the whole story.
///
/// # Errors
/// Where it did not go as it should: this program also serves as a test of the library.
pub(crate) async fn tell(out: impl Write) -> anyhow::Result<()> {
    let service =
        Service::start(service::prices()).await.context("the price service could not start")?;
    let shop = Shop::new(service.url())?;
    let mut story = Story { shop, service, timeline: Timeline::start(out)?, seen: None };
    for phase in &PHASES {
        story.play(phase).await?;
    }
    story.end()
}

struct Story<W> {
    shop: Shop,
    service: Service,
    timeline: Timeline<W>,
    /// The breaker as the reader last saw it; `None` before the first call, which makes it.
    seen: Option<Snapshot>,
}

impl<W: Write> Story<W> {
    async fn play(&mut self, phase: &Phase) -> anyhow::Result<()> {
        self.service.behave(phase.behaviour);
        self.timeline.phase(phase.title)?;
        let (answers, openings) = self.counts();
        loop {
            self.pause().await?;
            let call = self.call().await?;
            let breaker = look()?;
            self.timeline.call(&call, &breaker)?;
            self.tell_change(breaker)?;
            let (answers_now, openings_now) = self.counts();
            let over = match phase.until {
                Until::Answers(wanted) => answers_now - answers >= wanted,
                Until::Openings(wanted) => openings_now - openings >= wanted,
            };
            if over {
                return Ok(());
            }
        }
    }

    fn counts(&self) -> (u64, u64) {
        self.seen.as_ref().map_or((0, 0), |seen| (seen.totals.successes, seen.openings))
    }

    async fn call(&self) -> anyhow::Result<Call> {
        let requests = self.service.requests();
        let start = Instant::now();
        let price = price(&self.shop, "coffee").await?;
        let took = start.elapsed();
        let asked = self.service.requests() > requests;
        Ok(Call { service: asked.then(|| self.service.behaviour()), took, price })
    }

    async fn pause(&mut self) -> anyhow::Result<()> {
        if self.seen.is_none() {
            return Ok(());
        }
        let end = tokio::time::Instant::now() + PAUSE;
        if let Some(remaining) = look()?.remaining_open
            && remaining < PAUSE
        {
            sleep(remaining).await;
            self.tell_change(look()?)?;
        }
        sleep_until(end).await;
        Ok(())
    }

    fn tell_change(&mut self, now: Snapshot) -> io::Result<()> {
        if let Some(change) = self.seen.as_ref().and_then(|seen| change(seen, &now)) {
            self.timeline.change(change, &now)?;
        }
        self.seen = Some(now);
        Ok(())
    }

    fn end(self) -> anyhow::Result<()> {
        let breaker = look()?;
        let requests = self.service.requests();
        summary::write(self.timeline.into_inner(), &breaker, requests)?;
        check(&breaker, requests)
    }
}

/// The breaker that the attribute on `price` has made.
fn look() -> anyhow::Result<Snapshot> {
    let breaker = registry().get("prices").context("there is no breaker called \"prices\"")?;
    Ok(breaker.snapshot())
}

fn change(before: &Snapshot, now: &Snapshot) -> Option<Change> {
    // A failed probe opens a breaker that may already have been seen as open.
    if now.openings > before.openings {
        return Some(Change::Opened);
    }
    match (before.state, now.state) {
        (State::Open, State::HalfOpen) => Some(Change::HalfOpened),
        (State::Open | State::HalfOpen, State::Closed) => Some(Change::Closed),
        _ => None,
    }
}

fn check(breaker: &Snapshot, requests: u32) -> anyhow::Result<()> {
    let totals = breaker.totals;
    ensure!(breaker.openings >= 3, "the breaker opened only {} times", breaker.openings);
    ensure!(breaker.state == State::Closed, "the breaker is {} at the end", breaker.state);
    ensure!(totals.timeouts >= 3, "only {} calls were cut off as too slow", totals.timeouts);
    ensure!(totals.rejected > 0, "no call was turned away");
    ensure!(
        totals.fallbacks == totals.failures + totals.rejected,
        "the fallback did not answer every call that the service did not answer"
    );
    ensure!(
        u64::from(requests) <= totals.calls,
        "{requests} requests reached the service, but the breaker let {} through",
        totals.calls
    );
    Ok(())
}
