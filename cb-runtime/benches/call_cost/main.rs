//! What a call through a breaker costs, ours and others', in one table from one run.
//!
//! `cargo bench -p cb-runtime` takes about a minute; `cargo bench -p cb-runtime -- --quick` some
//! seconds, with less to rely on; with `--features tower`, the layer's rows are there too.
//!
//! Times differ from machine to machine and from minute to minute; what holds better is how many
//! uncontended `fetch_add(1, Relaxed)` a call costs. So every round times every row, `fetch_add` among
//! them, and each row's figure is the median over the rounds of its ratio to the `fetch_add` of its own
//! round. What holds best is how many instructions it takes, which valgrind counts where it is installed.

mod attribute;
mod body;
mod degraded;
mod handle;
mod instructions;
#[cfg(feature = "tower")]
mod layer;
mod memory;
mod peers;
mod policies;
mod report;
mod rows;
mod threads;
mod yardsticks;

use std::error::Error;

use rows::{Effort, Group};

fn main() -> Result<(), Box<dyn Error>> {
    let effort = Effort::from_arguments(std::env::args().skip(1));
    let mut groups = vec![
        Group::new("yardsticks", yardsticks::rows()),
        Group::new("the attribute: closed, success", attribute::closed()),
        Group::new("the attribute with policies: closed, success", policies::closed()?),
        Group::new("the attribute with more around the call: closed, success", degraded::closed()),
        Group::new("the handle: closed, success", handle::closed()?),
        #[cfg(feature = "tower")]
        Group::new("the layer of tower: closed, success", layer::closed()?),
        Group::new("peers: closed, success", peers::closed()?),
        Group::new("the attribute: open, rejected", attribute::open()?),
        Group::new("the attribute: open, answered all the same", degraded::open()?),
        Group::new("the handle: open, rejected", handle::open()?),
        #[cfg(feature = "tower")]
        Group::new("the layer of tower: open, rejected", layer::open()?),
        Group::new("peers: open, rejected", peers::open()?),
    ];
    if instructions::is_counted() {
        instructions::make_calls(&groups);
        return Ok(());
    }
    let bytes = memory::bytes_per_breaker()?;
    rows::measure(&mut groups, effort)?;
    let scaling = threads::measure(&groups, effort)?;
    let counted = instructions::count(&mut groups);
    report::print(&groups, &scaling, &bytes, &counted, effort);
    Ok(())
}
