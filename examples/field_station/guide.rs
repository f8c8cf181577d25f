//! What it is about, and what to try.

use std::{
    io::{self, Write},
    net::SocketAddr,
};

use cb_examples::screen::{TITLE, what_next};

use crate::{api::MANAGEMENT, fleet::Fleet};

const INTRO: &str = "\
A station in the woods listens to birds. It calls a cache, two models, a
database and headquarters, all of them servers on this computer. In the next
ten seconds each of them will fail and recover. No recording is lost.";

const WHAT_NEXT: [(&str, &str); 5] = [
    ("examples/field_station/model.rs", "a health check that warms up, fallbacks"),
    ("examples/field_station/database.rs", "limits, and a read-only mode"),
    ("examples/field_station/queue.rs", "tasks that wait, and are done later"),
    ("examples/field_station/*.toml", "settings, with environments"),
    ("-- --stay", "it goes on, to be managed with `cbctl`"),
];

pub(crate) fn intro(fleet: &Fleet) -> io::Result<()> {
    let (redis, postgres) = (fleet.cache.kind(), fleet.database.lock().kind());
    let mut out = anstream::stdout().lock();
    writeln!(out, "{INTRO}\nRedis: {redis}; PostgreSQL: {postgres}.\n")
}

pub(crate) fn end() -> io::Result<()> {
    what_next(&mut anstream::stdout().lock(), &WHAT_NEXT)
}

/// Until Ctrl-C.
pub(crate) fn how_to_manage(address: SocketAddr) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    let url = format!("http://{address}{MANAGEMENT}");
    writeln!(out, "The station is up until Ctrl-C. Its dashboard: {url}/\n")?;
    writeln!(out, "{TITLE}In another terminal{TITLE:#}")?;
    for line in [
        "alias cbctl='cargo run -q -p cb-runtime --features cli --bin cbctl --'",
        &format!("export CBCTL_URL={url}"),
        "cbctl status",
        "cbctl explain database/write",
        "cbctl test model --iterations 3",
        "cbctl mode database/write forced-open --for 1m --reason backup",
        &format!("curl http://{address}/station"),
        "cbctl mode database/write normal",
        "cbctl config headquarters recovery_timeout=5s --reason 'the line is good today'",
        "cbctl reset --service-type ml_model",
        "cbctl monitor --interval 2",
    ] {
        writeln!(out, "  {line}")?;
    }
    out.flush()
}
