//! What the compiler has to do for annotated functions, ours and `#[tracing::instrument]`'s.
//!
//! `cargo bench -p cb-runtime --bench build_time` takes some minutes. With `-- --count` it counts the
//! compiler's instructions instead of seconds, by valgrind, which other work on the machine does not
//! change: that is what to compare two expansions by. With `-- --quick` it only shows that the crates
//! compile.
//!
//! Crates that are alike but for the attribute lie beside each other in one workspace. Every round
//! compiles each of them once, and each crate's figure is the median over the rounds of its ratio to the
//! `#[tracing::instrument]` of its own round, so that what slows the machine for a while slows all alike.

mod compile;
mod crates;

use std::error::Error;

use compile::{Command, Unit, Workspace};
use crates::{CRATES, INSTRUMENTED};

/// What the project means to reach, in times of the crate with `#[tracing::instrument]`.
const AIM: f64 = 1.0;

/// What is measured, and how much of it.
#[derive(Clone, Copy)]
struct Effort {
    functions: u32,
    rounds: u32,
    commands: &'static [Command],
    unit: Unit,
}

impl Effort {
    fn from_arguments(arguments: &[String]) -> Self {
        let all = &[Command::Check, Command::Build];
        let given = |option: &str| arguments.iter().any(|argument| argument == option);
        if given("--quick") {
            Self { functions: 20, rounds: 1, commands: &[Command::Check], unit: Unit::Seconds }
        } else if given("--count") {
            // One round is as good as many, and each function costs the same.
            Self { functions: 100, rounds: 1, commands: all, unit: Unit::Instructions }
        } else {
            Self { functions: 500, rounds: 5, commands: all, unit: Unit::Seconds }
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    if let Some(ended) = compile::run_counted() {
        return ended;
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Effort { functions, rounds, commands, unit } = Effort::from_arguments(&arguments);
    let workspace = Workspace::create(functions)?;
    let title = format!("{functions} async functions with");
    println!("\n{title:<50}{:>14}{:>10}{:>11}", unit.title(), "ratio", "aim");
    for &command in commands {
        // The first time compiles what they depend on.
        for name in CRATES {
            workspace.compile(command, name, Unit::Seconds)?;
        }
        let mut figures = vec![Vec::new(); CRATES.len()];
        for _ in 0..rounds {
            for (name, figures) in CRATES.iter().zip(&mut figures) {
                figures.push(workspace.compile(command, name, unit)?);
            }
        }
        print(command, &figures)?;
    }
    println!(
        "\nMedians of so many rounds: {rounds}. The ratios are to the same round's `#[tracing::instrument]`. The \
         crates\nare compiled whole, without incremental compilation; what they depend on has been built \
         before. `!` marks\nwhat misses its aim."
    );
    Ok(())
}

fn print(command: Command, figures: &[Vec<f64>]) -> Result<(), Box<dyn Error>> {
    println!("{}", command.title());
    let instrumented = CRATES.iter().position(|name| *name == INSTRUMENTED);
    let instrumented = instrumented.ok_or("there is no crate to measure the others by")?;
    for (name, own) in CRATES.iter().zip(figures) {
        let ratios: Vec<f64> =
            own.iter().zip(&figures[instrumented]).map(|(own, other)| own / other).collect();
        let ratio = median(&ratios);
        let aim = if crates::is_ours(name) {
            // To the two digits that are shown.
            let missed = (ratio * 100.0).round() > AIM * 100.0;
            format!("{} ≤ {AIM:.1}", if missed { "!" } else { "" })
        } else {
            String::new()
        };
        println!("  {:<48}{:>14.2}{ratio:>10.2}{aim:>11}", crates::title(name), median(own));
    }
    Ok(())
}

fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}
