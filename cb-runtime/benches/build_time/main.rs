//! How long the compiler takes for annotated functions, ours and `#[tracing::instrument]`'s.
//!
//! `cargo bench -p cb-runtime --bench build_time` takes some minutes the first time, when it builds what
//! the crates depend on; with `-- --quick` it only shows that they compile.
//!
//! Crates that are alike but for the attribute lie beside each other in one workspace. Every round
//! compiles each of them once, and each crate's figure is the median over the rounds of its ratio to the
//! `#[tracing::instrument]` of its own round, so that what slows the machine for a while slows all alike.

mod compile;
mod crates;

use std::error::Error;

use compile::{Command, Workspace};
use crates::{CRATES, INSTRUMENTED};

/// What the project means to reach, in times of the crate with `#[tracing::instrument]`.
const AIM: f64 = 1.0;

/// How much is measured.
struct Effort {
    functions: u32,
    rounds: u32,
    commands: &'static [Command],
}

impl Effort {
    fn from_arguments(mut arguments: impl Iterator<Item = String>) -> Self {
        if arguments.any(|argument| argument == "--quick") {
            Self { functions: 20, rounds: 1, commands: &[Command::Check] }
        } else {
            Self { functions: 500, rounds: 5, commands: &[Command::Check, Command::Build] }
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let Effort { functions, rounds, commands } = Effort::from_arguments(std::env::args().skip(1));
    let workspace = Workspace::create(functions)?;
    println!(
        "\n{functions} async functions with {:<29}{:>10}{:>10}{:>11}",
        "", "seconds", "ratio", "aim"
    );
    for &command in commands {
        // The first time compiles what they depend on.
        for name in CRATES {
            workspace.compile(command, name)?;
        }
        let mut seconds = vec![Vec::new(); CRATES.len()];
        for _ in 0..rounds {
            for (name, seconds) in CRATES.iter().zip(&mut seconds) {
                seconds.push(workspace.compile(command, name)?);
            }
        }
        print(command, &seconds)?;
    }
    println!(
        "\nMedians of {rounds} rounds; the ratios are to the same round's `#[tracing::instrument]`. The crates are \
         compiled\nwhole, without incremental compilation; what they depend on has been built before. `!` marks \
         what misses its\naim."
    );
    Ok(())
}

fn print(command: Command, seconds: &[Vec<f64>]) -> Result<(), Box<dyn Error>> {
    println!("{}", command.title());
    let instrumented = CRATES.iter().position(|name| *name == INSTRUMENTED);
    let instrumented = instrumented.ok_or("there is no crate to measure the others by")?;
    for (name, times) in CRATES.iter().zip(seconds) {
        let ratios: Vec<f64> =
            times.iter().zip(&seconds[instrumented]).map(|(time, other)| time / other).collect();
        let ratio = median(&ratios);
        let aim = if crates::is_ours(name) {
            // To the two digits that are shown.
            let missed = (ratio * 100.0).round() > AIM * 100.0;
            format!("{} ≤ {AIM:.1}", if missed { "!" } else { "" })
        } else {
            String::new()
        };
        println!("  {:<48}{:>10.2}{ratio:>10.2}{aim:>11}", crates::title(name), median(times));
    }
    Ok(())
}

fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}
