//! What the breaker has counted, and where to go from here.

use std::io::{self, Write};

use cb_examples::screen::{TITLE, what_next};
use cb_runtime::Snapshot;

const WHAT_NEXT: [(&str, &str); 4] = [
    ("examples/quickstart/main.rs", "the function `price` and its fallback"),
    ("examples/quickstart/story.rs", "how a program reads the state of a breaker"),
    ("README.md", "how to add the attribute to your own program"),
    ("cargo doc --open -p cb-runtime", "every setting of the attribute"),
];

pub(crate) fn write(mut out: impl Write, breaker: &Snapshot, requests: u32) -> io::Result<()> {
    writeln!(out, "\n{TITLE}Summary: what breaker.snapshot() has counted{TITLE:#}")?;
    for (what, number, field) in rows(breaker) {
        writeln!(out, "  {what:<36} {number:>3}   {field}")?;
    }
    let totals = breaker.totals;
    writeln!(
        out,
        "\nThe shop made {} calls and had a price every time. The service got {requests} requests:\n\
         the other {} calls were answered at once and put no load on it.",
        totals.calls + totals.rejected,
        totals.rejected,
    )?;
    what_next(&mut out, &WHAT_NEXT)?;
    out.flush()
}

/// What was counted, how often, and where a program finds the number in `breaker.snapshot()`.
fn rows(breaker: &Snapshot) -> [(&'static str, u64, &'static str); 7] {
    let totals = breaker.totals;
    [
        ("calls that the breaker let through", totals.calls, "totals.calls"),
        ("  that succeeded", totals.successes, "totals.successes"),
        ("  that failed", totals.failures, "totals.failures"),
        ("    because they took too long", totals.timeouts, "totals.timeouts"),
        ("calls that the breaker turned away", totals.rejected, "totals.rejected"),
        ("answers that the fallback gave", totals.fallbacks, "totals.fallbacks"),
        ("times the breaker opened", breaker.openings, "openings"),
    ]
}
