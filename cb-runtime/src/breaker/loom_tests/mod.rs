//! What several threads do to one breaker at once, in every order that loom can find.
//!
//! `RUSTFLAGS="--cfg cb_loom" cargo test -p cb-runtime --release --lib loom`
//!
//! A model builds its breaker anew for each order; threads of two or three calls are enough, since a
//! wrong answer needs no more to show.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod counts;
mod half_open;
mod late_answers;
mod window;
mod word;

use std::{sync::Arc, time::Duration};

use loom::thread::{self, JoinHandle};

use super::{
    Mode, OpenReason, State, core::Core, ledger::Ending, refusal::Refusal, slot, ticket::Ticket,
};
use crate::{
    clock::Tick,
    config::{Config, ConfigBuilder},
    error::CircuitError,
    name::Name,
};

const RECOVERY: Duration = Duration::from_nanos(100);
const DUE: Tick = Tick(100);

/// One failure opens. Response times are left out where they are not the point: fewer steps, fewer
/// orders.
fn settings() -> ConfigBuilder {
    Config::builder()
        .failure_threshold(1)
        .recovery_timeout(RECOVERY)
        .probe_timeout(Duration::MAX)
        .response_times(false)
}

/// Every order of three threads would take hours, so a thread is stopped only so many times where it
/// could have gone on. Two find most faults, by loom's own documentation.
const PREEMPTIONS_OF_THREE: usize = 3;

fn model(test: impl Fn() + Sync + Send + 'static) {
    loom::model(move || {
        Tick(0).set_now();
        test();
    });
}

fn model_of_three(test: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(PREEMPTIONS_OF_THREE);
    builder.check(move || {
        Tick(0).set_now();
        test();
    });
}

fn closed(settings: ConfigBuilder) -> Arc<Core> {
    let config = settings.build().expect("the settings of the test are valid");
    Core::new(Name::literal("loom"), config, None)
}

/// Opened at zero, and now due for a probe.
fn due(settings: ConfigBuilder) -> Arc<Core> {
    let core = closed(settings);
    end_one(&core, Ending::Failure(None));
    assert_eq!(core.state(), State::Open);
    DUE.set_now();
    core
}

fn admitted(core: &Core) -> Ticket {
    core.admit().ok().expect("the breaker admits the call")
}

fn end_one(core: &Core, ending: Ending) {
    core.end(admitted(core), ending);
}

fn spawn<T: 'static>(core: &Arc<Core>, act: impl FnOnce(&Core) -> T + 'static) -> JoinHandle<T> {
    let core = Arc::clone(core);
    thread::spawn(move || act(&core))
}

fn failed() -> Ending {
    Ending::Failure(None)
}
