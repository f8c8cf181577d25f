//! What is logged, and what becomes of a call whose log panics.

use std::{
    fmt::{Debug, Write},
    sync::{Arc, LazyLock, Mutex},
};

use cb_runtime::{CircuitBreaker, CircuitError, Config, State, circuit_breaker};
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

pub(super) fn listen_elsewhere() {
    LazyLock::force(&ANOTHER);
}

pub(super) fn logged(panics: bool, act: impl FnOnce()) -> Vec<(Level, String)> {
    listen_elsewhere();
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

#[tokio::test(start_paused = true)]
async fn given_rejections_when_they_are_many_then_one_a_second_is_told_with_the_number_of_the_others()
 {
    let breaker = breaker();
    let half_a_second = std::time::Duration::from_millis(500);
    let turned_away = |times: u32| {
        let lines = logged(false, || {
            (0..times).for_each(|_| assert!(breaker.try_acquire().is_err()));
        });
        lines.into_iter().map(|(level, line)| format!("{level} {line}")).collect::<Vec<_>>()
    };
    fail(&breaker);
    fail(&breaker);

    let start = "DEBUG circuit breaker `orders` turned a call away: it is";
    assert_eq!(turned_away(3), [format!("{start} open")]);
    tokio::time::advance(half_a_second).await;
    assert_eq!(turned_away(40), [""; 0]);
    tokio::time::advance(half_a_second).await;
    assert_eq!(turned_away(1), [format!("{start} open; 42 more were not shown")]);

    tokio::time::advance(2 * half_a_second).await;
    logged(false, || breaker.force_open());
    assert_eq!(turned_away(2), [format!("{start} forced open")]);
}

#[test]
fn given_a_forced_opening_when_it_is_logged_then_as_a_warning() {
    let lines = logged(false, || breaker().force_open());

    let set = "circuit breaker `orders` was set to forced open";
    let opened = "circuit breaker `orders` became open: forced by hand";
    assert_eq!(lines, [(Level::INFO, set.to_owned()), (Level::WARN, opened.to_owned())]);
}

#[circuit_breaker(
    name = "logs.search",
    service_type = "logs.search",
    failure_threshold = 9,
    fallback = "registered"
)]
fn search(word: &str) -> Result<u32, CircuitError> {
    Err(CircuitBreaker::new(word, Config::default()).refusal())
}

#[circuit_breaker(name = "logs.untyped", failure_threshold = 9, fallback = "registered")]
fn untyped(word: &str) -> Result<u32, CircuitError> {
    Err(CircuitBreaker::new(word, Config::default()).refusal())
}

/// Any error will do.
trait Refusal {
    fn refusal(&self) -> CircuitError;
}

impl Refusal for CircuitBreaker {
    fn refusal(&self) -> CircuitError {
        self.force_open();
        self.try_acquire().expect_err("it is forced open")
    }
}

#[test]
fn given_no_registered_fallback_when_calls_want_one_then_a_warning_says_so_once() {
    let warnings = |act: fn()| {
        let mut lines = logged(false, act);
        lines.retain(|(level, line)| *level == Level::WARN && line.contains("fallback"));
        lines.into_iter().map(|(_, line)| line).collect::<Vec<_>>()
    };

    let of_search = warnings(|| (0..3).for_each(|_| drop(search("a"))));
    let of_untyped = warnings(|| (0..3).for_each(|_| drop(untyped("a"))));

    let line = "circuit breaker `logs.search`: no fallback is registered for service type `logs.search` and answers of type `core::result::Result<u32, cb_runtime::error::CircuitError>`, so callers get the error";
    assert_eq!(of_search, [line]);
    let line = "circuit breaker `logs.untyped` has no service type to find a registered fallback by, so callers get the error: give it a `service_type`";
    assert_eq!(of_untyped, [line]);
}
