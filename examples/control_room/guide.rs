//! Where to look, and what to try.

use std::{
    io::{self, Write},
    net::SocketAddr,
    time::Duration,
};

use cb_examples::screen::{FAINT, TITLE, what_next};

/// Where the management API is nested.
pub(crate) const PATH: &str = "/api/circuit-breaker";

const WHAT_NEXT: [(&str, &str); 4] = [
    ("examples/control_room/main.rs", "how the management API gets into a program"),
    ("examples/control_room/calls.rs", "the functions and their breakers"),
    ("cbctl --help", "cargo install cb-runtime --features cli"),
    ("cargo doc --open -p cb-runtime", "the module `admin`: who may do what"),
];

pub(crate) fn print(address: SocketAddr, lasts: Option<Duration>) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    let origin = format!("http://{address}");
    let url = format!("{origin}{PATH}");
    writeln!(out, "A shop calls nine services through circuit breakers. They fail one after the")?;
    writeln!(out, "other, and recover.\n")?;
    for (what, place) in [
        ("Dashboard", format!("{url}/")),
        ("Metrics", format!("{origin}/metrics")),
        ("Events", format!("{url}/events")),
    ] {
        writeln!(out, "  {TITLE}{what:<10}{TITLE:#} {place}")?;
    }
    writeln!(out, "\nNobody needs a token, for only this computer is let in.\n")?;
    writeln!(out, "{TITLE}In another terminal{TITLE:#}")?;
    for line in [
        "alias cbctl='cargo run -q -p cb-runtime --features cli --bin cbctl --'",
        &format!("export CBCTL_URL={url}"),
        "cbctl status",
        "cbctl monitor --interval 2",
        "cbctl show payments",
        "cbctl explain payments",
        "cbctl events --follow",
        "cbctl test shop/database --iterations 3",
        "cbctl mode payments forced-open --for 20s --reason 'trying it out'",
        "cbctl config payments failure_threshold=2 --reason 'trying it out'",
        "cbctl reset --service-type llm",
        "cbctl health --fail-under 0.9 || echo 'not now'",
        &format!("curl {url}/health"),
        &format!("curl -X POST -H 'Origin: {origin}' {url}/reset/payments"),
    ] {
        writeln!(out, "  {line}")?;
    }
    let until = match lasts {
        Some(time) => format!("ends by itself after {}", humantime::format_duration(time)),
        None => "until Ctrl-C".to_owned(),
    };
    writeln!(out, "\n{FAINT}What happens, {until}:{FAINT:#}")?;
    out.flush()
}

pub(crate) fn end() -> anyhow::Result<()> {
    what_next(&mut anstream::stdout().lock(), &WHAT_NEXT)?;
    Ok(())
}
