//! Spans around calls, for functions that ask for them.

use std::{
    fmt::Debug,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use cb_runtime::{CallError, CircuitError, circuit_breaker, registry};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    instrument::WithSubscriber,
    span::{Attributes, Id, Record},
};

use super::logs;

/// What was told of spans, one after the other.
#[derive(Clone, Default)]
struct Spans {
    told: Arc<Mutex<Vec<String>>>,
    ids: Arc<AtomicU64>,
}

impl Spans {
    fn new() -> Self {
        logs::listen_elsewhere();
        Self::default()
    }

    fn tell(&self, text: String) {
        self.told.lock().unwrap().push(text);
    }

    fn told(&self) -> Vec<String> {
        std::mem::take(&mut self.told.lock().unwrap())
    }
}

fn is_ours(metadata: &Metadata<'_>) -> bool {
    metadata.name() == "circuit_breaker" && metadata.target() == "cb_runtime"
}

impl Subscriber for Spans {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        is_ours(metadata) || metadata.target() == "body"
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields::default();
        span.record(&mut fields);
        self.tell(format!("new {}", fields.0.join(" ")));
        Id::from_u64(self.ids.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        let mut fields = Fields::default();
        values.record(&mut fields);
        self.tell(fields.0.join(" "));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {
        self.tell("body".to_owned());
    }

    fn enter(&self, _: &Id) {
        self.tell("in".to_owned());
    }

    fn exit(&self, _: &Id) {
        self.tell("out".to_owned());
    }
}

#[derive(Default)]
struct Fields(Vec<String>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.push(format!("{}={value:?}", field.name()));
    }
}

fn in_body() {
    tracing::info!(target: "body", "here");
}

#[circuit_breaker(name = "spans.plain", failure_threshold = 1, span)]
fn plain(up: bool) -> Result<u32, CallError<&'static str>> {
    in_body();
    up.then_some(1).ok_or(CallError::Failed("down"))
}

#[circuit_breaker(
    name = "spans.keyed",
    key = key,
    span = true,
    call_timeout = "2s",
    ignore_errors = CallError::Failed("nothing"),
    retry(max_attempts = 2, delay = "1s"),
    fallback_on = "rejected",
    fallback = |_, _| Ok(0)
)]
async fn keyed(
    key: &str,
    answer: Result<u32, &'static str>,
) -> Result<u32, CallError<&'static str>> {
    in_body();
    tokio::time::sleep(Duration::from_secs(if answer == Ok(3) { 3 } else { 1 })).await;
    answer.map_err(CallError::Failed)
}

#[circuit_breaker(name = "spans.without", span = false)]
fn without() -> Result<u32, Option<CircuitError>> {
    in_body();
    Ok(1)
}

#[circuit_breaker(name = "spans.off", enabled = false, span)]
fn off() -> Result<u32, Option<CircuitError>> {
    in_body();
    Ok(1)
}

#[circuit_breaker(name = "spans.panics", span)]
fn panics() -> Result<u32, Option<CircuitError>> {
    panic!("as the test wants")
}

fn during<T>(act: impl FnOnce() -> T) -> Vec<String> {
    let spans = Spans::new();
    tracing::subscriber::with_default(spans.clone(), || drop(act()));
    spans.told()
}

#[test]
fn given_a_plain_function_when_it_is_called_then_each_call_has_a_span_with_its_outcome() {
    let new = r#"new name="spans.plain""#;
    assert_eq!(during(|| plain(true)), [new, "in", "body", "out", r#"outcome="success""#]);
    assert_eq!(during(|| plain(false)), [new, "in", "body", "out", r#"outcome="failure""#]);
    assert_eq!(during(|| plain(true)), [new, r#"outcome="rejected""#]);
}

#[test]
fn given_no_wish_for_spans_or_no_breaker_when_it_is_called_then_there_is_none() {
    assert_eq!(during(without), ["body"]);
    assert_eq!(during(off), ["body"]);
}

#[test]
fn given_a_panic_when_it_passes_then_the_span_says_so() {
    let told = during(|| catch_unwind(AssertUnwindSafe(panics)));
    assert_eq!(told, [r#"new name="spans.panics""#, "in", "out", r#"outcome="panicked""#]);
}

#[tokio::test(start_paused = true)]
async fn given_an_async_function_when_it_is_called_then_its_attempts_are_in_one_span() {
    let spans = Spans::new();
    let called = |answer| {
        let spans = spans.clone();
        async move {
            drop(keyed("a b", answer).with_subscriber(spans.clone()).await);
            spans.told()
        }
    };
    let of = |told: &[&str]| {
        let mut all = vec![r#"new name="spans.keyed" key="a b""#];
        all.extend(told);
        all.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let attempt = ["in", "body", "out", "in", "out"];
    let once = |outcome| of(&[&attempt[..], &[outcome]].concat());
    let twice = |outcome| of(&[&attempt[..], &attempt, &[outcome]].concat());
    assert_eq!(called(Ok(1)).await, once(r#"outcome="success""#));
    assert_eq!(called(Err("nothing")).await, once(r#"outcome="ignored""#));
    assert_eq!(called(Err("down")).await, twice(r#"outcome="failure""#));
    assert_eq!(called(Ok(3)).await, twice(r#"outcome="timed_out""#));
    registry().get("spans.keyed[a b]").unwrap().force_open();
    assert_eq!(called(Ok(1)).await, of(&[r#"outcome="rejected""#]));
}

#[tokio::test(start_paused = true)]
async fn given_a_call_that_is_dropped_when_it_is_under_way_then_the_span_says_so() {
    let spans = Spans::new();
    let call = keyed("dropped", Ok(1)).with_subscriber(spans.clone());
    assert!(tokio::time::timeout(Duration::from_millis(1), call).await.is_err());
    let new = r#"new name="spans.keyed" key="dropped""#;
    let asked_once_more = ["in", "out"];
    let told = [&[new, "in", "body", "out"][..], &asked_once_more, &[r#"outcome="cancelled""#]];
    assert_eq!(spans.told(), told.concat());
}
