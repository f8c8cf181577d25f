//! What is logged, and what becomes of a call whose log panics.

use std::{
    fmt::{Debug, Write},
    sync::{Arc, LazyLock, Mutex},
};

use cb_runtime::{CircuitBreaker, Config, State};
use tracing::{
    Dispatch, Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
    subscriber::with_default,
};

type Lines = Arc<Mutex<Vec<(Level, String)>>>;

/// Keeps the messages, or panics at each.
struct Log {
    lines: Lines,
    panics: bool,
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut message = Message(String::new());
        event.record(&mut message);
        self.lines.lock().unwrap().push((*event.metadata().level(), message.0));
        assert!(!self.panics, "this log panics, as the test wants");
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            write!(self.0, "{value:?}").unwrap();
        }
    }
}

fn breaker() -> CircuitBreaker {
    CircuitBreaker::new("orders", Config::builder().failure_threshold(2).build().unwrap())
}

/// Never asked for anything. While there is one subscriber only, `tracing` has the thread that first
/// comes by a line that logs say for all threads whether anybody listens, and that may be the thread of
/// another test, where nobody does.
static ANOTHER: LazyLock<Dispatch> =
    LazyLock::new(|| Dispatch::new(Log { lines: Lines::default(), panics: false }));

pub(super) fn logged(panics: bool, act: impl FnOnce()) -> Vec<(Level, String)> {
    LazyLock::force(&ANOTHER);
    let lines = Lines::default();
    with_default(Log { lines: Arc::clone(&lines), panics }, act);
    let lines = lines.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    lines.clone()
}

fn fail(breaker: &CircuitBreaker) {
    assert!(breaker.call_blocking(|| Err::<(), _>("refused")).is_err());
}

#[test]
fn given_a_row_of_failures_when_the_breaker_opens_then_a_warning_says_why_and_until_when() {
    let lines = logged(false, || {
        let breaker = breaker();
        fail(&breaker);
        fail(&breaker);
        breaker.reset();
    });

    let opened = "circuit breaker `orders` opened: 2 failures in a row; next probe in 1m";
    let reset = "circuit breaker `orders` was reset";
    let closed = "circuit breaker `orders` became closed: reset";
    assert_eq!(
        lines,
        [
            (Level::WARN, opened.to_owned()),
            (Level::DEBUG, reset.to_owned()),
            (Level::INFO, closed.to_owned())
        ]
    );
}

#[test]
fn given_a_dry_run_when_the_breaker_would_have_opened_then_the_log_says_so() {
    let lines = logged(false, || {
        let breaker = breaker();
        breaker.metrics_only();
        fail(&breaker);
        fail(&breaker);
        assert_eq!(breaker.state(), State::Closed);
    });

    let set = "circuit breaker `orders` was set to metrics only";
    let would = "circuit breaker `orders` would have opened: 2 failures in a row; next probe in 1m";
    assert_eq!(lines, [(Level::INFO, set.to_owned()), (Level::WARN, would.to_owned())]);
}

#[test]
fn given_a_log_that_panics_when_the_breaker_opens_then_the_call_has_its_own_answer() {
    let breaker = breaker();

    let lines = logged(true, || {
        fail(&breaker);
        fail(&breaker);
    });

    assert_eq!(lines.len(), 1, "the log was asked, and panicked");
    assert_eq!(breaker.state(), State::Open);
    assert_eq!(breaker.snapshot().totals.failures, 2);
}
