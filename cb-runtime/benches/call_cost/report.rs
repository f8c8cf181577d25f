//! The table.

use std::error::Error;

use crate::{
    memory::Bytes,
    rows::{Aim, Effort, Group, Row},
    threads::Scaling,
    yardsticks,
};

/// The words of a row stand in so many columns.
const LABEL: usize = 46;

pub(crate) fn print(
    groups: &[Group],
    scaling: &[Scaling],
    bytes: &[Bytes],
    counted: &Result<(), Box<dyn Error>>,
    effort: Effort,
) {
    println!(
        "\n{:LABEL$}{:>10}{:>13}{:>16}{:>14}{:>13}",
        "", "ns a call", "× fetch_add", "aim", "instructions", "allocations"
    );
    let rows = || groups.iter().flat_map(|group| &group.rows);
    let clock_read =
        rows().find(|row| row.label == yardsticks::CLOCK_READ).map_or(f64::NAN, Row::ratio);
    for group in groups {
        println!("{}", group.title);
        for row in &group.rows {
            let instructions =
                row.instructions.map_or_else(String::new, |count| format!("{count:.1}"));
            println!(
                "  {:<width$}{:>10.2}{:>13.2}{:>16}{instructions:>14}{:>13.2}",
                row.label,
                row.nanos(),
                row.ratio(),
                row.aim.map_or_else(String::new, |aim| aimed(row, aim, clock_read)),
                row.allocations,
                width = LABEL - 2,
            );
        }
    }
    println!(
        "\n{:LABEL$}{:>10}{:>13}{:>11}",
        "two threads on one breaker ÷ one thread", "", "ratio", "aim"
    );
    for Scaling { label, ratio, aim } in scaling {
        let aim = at_least(*ratio, *aim);
        println!("  {label:<width$}{:>10}{ratio:>13.2}{aim:>11}", "", width = LABEL - 2);
    }
    println!(
        "\n{:LABEL$}{:>10}{:>13}{:>11}",
        "a breaker that one thread has used", "", "bytes", "aim"
    );
    for Bytes { label, each, aim } in bytes {
        let aim = at_most(*each, *aim);
        println!("  {label:<width$}{:>10}{each:>13.0}{aim:>11}", "", width = LABEL - 2);
    }
    println!(
        "\nMedians of {} rounds ({} for two threads) of {} ms a row. The times are this machine's; the \
         ratios are to\nthe fetch_add of the same round. `!` marks what misses its aim. Where two threads get \
         no more relaxed loads\ndone than one, the machine had other work, and their ratios say nothing.",
        effort.rounds,
        effort.thread_rounds,
        effort.batch.as_millis(),
    );
    match counted {
        Ok(()) => println!(
            "Instructions are the program's own, with the loop around the call; the kernel's, which may read \
             the clock,\nare not among them. Where response times are kept, they differ by a few from run to \
             run, as the calls that are\ntimed do."
        ),
        Err(reason) => println!("Instructions were not counted: {reason}."),
    }
}

fn aimed(row: &Row, aim: Aim, clock_read: f64) -> String {
    match aim {
        Aim::FetchAdds(most) => at_most(row.ratio(), Some(most)),
        Aim::ClockReads { reads, fetch_adds } => {
            let missed = row.ratio() > reads * clock_read + fetch_adds;
            format!("{} ≤ {fetch_adds} + {reads} clocks", mark(missed))
        }
        Aim::Nanos(most) => format!("{} ≤ {most} ns", mark(row.nanos() > most)),
    }
}

fn at_most(figure: f64, aim: Option<f64>) -> String {
    aim.map_or_else(String::new, |aim| format!("{} ≤ {aim}", mark(figure > aim)))
}

fn at_least(figure: f64, aim: Option<f64>) -> String {
    aim.map_or_else(String::new, |aim| format!("{} ≥ {aim}", mark(figure < aim)))
}

fn mark(missed: bool) -> &'static str {
    if missed { "!" } else { "" }
}
