//! What happens in which order.

use std::{collections::BTreeSet, io::Write, path::Path};

use anyhow::{Context, ensure};
use cb_examples::service::{Behaviour, Service};
use cb_runtime::{Snapshot, State, registry};

use crate::{
    pipeline::{Pipeline, Tally},
    report,
    screen::Screen,
    service::Fleet,
    steps::Services,
};

struct Phase {
    title: &'static str,
    service: fn(&Fleet) -> &Service,
    behaviour: Behaviour,
    until: Until,
}

/// What ends a phase, counted from its beginning.
enum Until {
    Stored(u32),
    /// A breaker has opened so often.
    Openings(&'static str, u64),
}

const VECTOR_SEARCH: fn(&Fleet) -> &Service = |fleet| &fleet.vector_search;
const LLM: fn(&Fleet) -> &Service = |fleet| &fleet.llm;
const DATABASE: fn(&Fleet) -> &Service = |fleet| &fleet.database;

const PHASES: [Phase; 7] = [
    Phase {
        title: "All services are well",
        service: LLM,
        behaviour: Behaviour::Healthy,
        until: Until::Stored(3),
    },
    Phase {
        title: "The llm is slow: both attempts at an item take too long",
        service: LLM,
        behaviour: Behaviour::Slow,
        // The second opening is that of the probe that fails.
        until: Until::Openings("llm", 2),
    },
    Phase {
        title: "The llm is well again: the next probe will find out",
        service: LLM,
        behaviour: Behaviour::Healthy,
        until: Until::Stored(6),
    },
    Phase {
        title: "The vector search is flaky: it answers each third request",
        service: VECTOR_SEARCH,
        behaviour: Behaviour::Flaky,
        until: Until::Openings("vector_search", 3),
    },
    Phase {
        title: "The vector search is well again: the next probe will find out",
        service: VECTOR_SEARCH,
        behaviour: Behaviour::Healthy,
        until: Until::Stored(4),
    },
    Phase {
        title: "The database fails. It is critical: without it, nothing can be done",
        service: DATABASE,
        behaviour: Behaviour::Failing,
        until: Until::Openings("database", 2),
    },
    Phase {
        title: "The database is well again: the workflow finds out by itself",
        service: DATABASE,
        behaviour: Behaviour::Healthy,
        until: Until::Stored(3),
    },
];

/// Tells the whole story, and writes what is known of the breakers to a file.
///
/// # Errors
/// Where it did not go as it should: this program also serves as a test of the library.
pub(crate) async fn tell(out: impl Write, export: &Path) -> anyhow::Result<()> {
    let fleet = Fleet::start().await.context("the services could not start")?;
    let services = [VECTOR_SEARCH, LLM, DATABASE].map(|service| service(&fleet).url());
    let mut pipeline = Pipeline::start(Services::new(services)?, Screen::start(out)?);
    for phase in &PHASES {
        play(phase, &fleet, &mut pipeline).await?;
    }
    pipeline.close();
    while pipeline.step().await? {}
    let tally = std::mem::take(&mut pipeline.tally);
    let out = pipeline.into_screen().into_inner();
    report::write(out, &fleet.stored(), tally.pauses, export)?;
    check(&fleet, &tally)
}

async fn play<W: Write>(
    phase: &Phase,
    fleet: &Fleet,
    pipeline: &mut Pipeline<W>,
) -> anyhow::Result<()> {
    (phase.service)(fleet).behave(phase.behaviour);
    pipeline.screen().phase(phase.title)?;
    let count = |tally: &Tally| match phase.until {
        Until::Stored(wanted) => (u64::from(tally.stored), u64::from(wanted)),
        Until::Openings(name, wanted) => (look(name).map_or(0, |now| now.openings), wanted),
    };
    let (before, wanted) = count(&pipeline.tally);
    while count(&pipeline.tally).0 - before < wanted {
        ensure!(pipeline.step().await?, "items come in until the story is over");
    }
    Ok(())
}

/// The breaker that an attribute in `steps.rs` has made.
fn look(name: &str) -> Option<Snapshot> {
    registry().get(name).map(|breaker| breaker.snapshot())
}

fn check(fleet: &Fleet, tally: &Tally) -> anyhow::Result<()> {
    for name in ["vector_search", "llm", "database"] {
        let breaker = look(name).with_context(|| format!("there is no breaker \"{name}\""))?;
        ensure!(breaker.state == State::Closed, "{name} is {} at the end", breaker.state);
    }
    let stored = fleet.stored();
    let numbers: BTreeSet<u32> = stored.iter().map(|digest| digest.number).collect();
    ensure!(stored.len() == numbers.len(), "an item was stored twice");
    ensure!(numbers.iter().copied().eq((1..).take(stored.len())), "an item was lost");
    ensure!(stored.len() == tally.stored as usize, "the pipeline has counted otherwise");
    ensure!(tally.pauses == 2, "the pipeline paused {} times", tally.pauses);
    ensure!(tally.switches == 2, "the effort was switched {} times", tally.switches);
    ensure!(!registry().recommendations().is_empty(), "nothing is advised");
    Ok(())
}
