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
#[cfg(feature = "redis")]
mod share;
mod window;
mod word;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

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

/// A model that says which of two it has come to. There must be orders of both: a model without them tries
/// nothing.
fn model_of_both(test: impl Fn() -> bool + Sync + Send + 'static) {
    let orders = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
    let seen = Arc::clone(&orders);
    model(move || {
        seen[usize::from(test())].fetch_add(1, Ordering::Relaxed);
    });
    let orders = orders.each_ref().map(|orders| orders.load(Ordering::Relaxed));
    assert!(!orders.contains(&0), "orders of one and of the other: {orders:?}");
}

/// Says to another thread that one has done its part. It is read by one thread and written by the other,
/// so that loom tries both orders, which it does not for all that lies within a breaker: a write ahead
/// of another thread's read is never tried once the writer has itself read the same atomic.
#[derive(Clone)]
struct Done(Arc<loom::sync::atomic::AtomicBool>);

impl Done {
    fn new() -> Self {
        Self(Arc::new(loom::sync::atomic::AtomicBool::new(false)))
    }

    fn say(&self) {
        self.0.store(true, Ordering::Release);
    }

    fn is_said(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
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
