//! A workflow over three services that fail one after the other: `cargo run --example workflow`.
//!
//! Items flow through three functions, in `steps.rs`, each of which calls a service through a breaker
//! of its own. What a program does with the breakers beside that is in `pipeline.rs`: it pauses while
//! it should not continue, and switches to cheaper work and back. The rest gives it services to
//! call, makes them fail, and shows what happens.
//!
//! At the end all that is known of the breakers is written to a file, the one that is named behind
//! `--` or a temporary one: `cargo run --example workflow -- breakers.json`.

mod pipeline;
mod report;
mod screen;
mod service;
mod steps;
mod story;

use std::{env, path::PathBuf, process, time::Duration};

use anyhow::Context;
use cb_runtime::{Source, registry};

/// What operators say of the breakers; the attributes in `steps.rs` have what the program says.
const SETTINGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/config/circuit-breakers.toml");

/// The story takes some 12 seconds. It goes by what happens rather than by the clock, so it needs
/// an end for the case that something expected never happens.
const AT_MOST: Duration = Duration::from_secs(25);

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    // There an outage lasts seconds. A program would leave it to the variable CIRCUIT_BREAKER_ENVIRONMENT.
    registry().load(Source::file(SETTINGS).environment("demo"))?;
    let export = env::args_os().nth(1).map_or_else(temporary, PathBuf::from);
    tokio::time::timeout(AT_MOST, story::tell(anstream::stdout(), &export))
        .await
        .context("the story has not come to its end in time")?
}

fn temporary() -> PathBuf {
    env::temp_dir().join(format!("workflow-{}.json", process::id()))
}
