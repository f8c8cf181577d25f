//! What counts as a failure.

use cb_runtime::{CallError, State, circuit_breaker};

use crate::support::{Fault, counts, send, state, turn};

fn answer(code: u16) -> Result<u16, Fault> {
    match code {
        200 => Ok(code),
        0 => Err(Fault::Down),
        404 => Err(Fault::NotFound),
        code => Err(Fault::Status(code)),
    }
}

#[circuit_breaker(name = "judging.ignore", ignore_errors = Fault::NotFound, fallback = |_| Ok(1))]
async fn ignore(code: u16) -> Result<u16, Fault> {
    turn().await;
    answer(code)
}

#[circuit_breaker(
    name = "judging.record",
    record_errors = Fault::Status(500..=599) | Fault::Down, fallback = |_| Ok(1),
)]
async fn record(code: u16) -> Result<u16, Fault> {
    turn().await;
    answer(code)
}

#[circuit_breaker(
    name = "judging.guards",
    ignore_errors = Fault::Status(code @ ..500) if is_harmless(*code),
    record_errors = | Fault::Status(500..=503 | 429) | Fault::Down if true,
)]
fn with_guards(code: u16) -> Result<u16, Fault> {
    answer(code)
}

fn is_harmless(code: u16) -> bool {
    code.is_multiple_of(2)
}

#[circuit_breaker(
    name = "judging.binding",
    ignore_errors = fault if fault.is_rejection() || matches!(fault, Fault::NotFound),
)]
fn binding(code: u16) -> Result<u16, Fault> {
    answer(code)
}

#[circuit_breaker(name = "judging.everything", ignore_errors = _, fallback = |_| Ok(1))]
fn everything(code: u16) -> Result<u16, Fault> {
    answer(code)
}

#[circuit_breaker(name = "judging.all_recorded", record_errors = _)]
fn all_recorded(code: u16) -> Result<u16, Fault> {
    answer(code)
}

#[circuit_breaker(name = "judging.reference", record_errors = &Fault::Down)]
fn reference(code: u16) -> Result<u16, Fault> {
    answer(code)
}

#[circuit_breaker(
    name = "judging.anyhow",
    ignore_errors = error if error.is::<std::num::ParseIntError>(),
)]
fn erased(text: &str) -> anyhow::Result<u32> {
    anyhow::ensure!(!text.is_empty(), "nothing there");
    Ok(text.parse()?)
}

#[tokio::test]
async fn by_the_error() {
    assert_eq!(send(ignore(200)).await.ok(), Some(200));
    assert!(matches!(ignore(404).await, Err(Fault::NotFound)));
    assert_eq!(ignore(0).await.ok(), Some(1));
    assert_eq!(counts("judging.ignore"), [1, 1, 1, 0, 1]);
    assert!(matches!(send(record(404)).await, Err(Fault::NotFound)));
    assert!(matches!(record(499).await, Err(Fault::Status(499))));
    assert_eq!(record(599).await.ok(), Some(1));
    assert_eq!(record(0).await.ok(), Some(1));
    assert_eq!(counts("judging.record"), [2, 2, 0, 0, 2]);
}

#[test]
fn with_guards_and_bindings() {
    for code in [402, 403, 429, 430, 500, 503, 504, 0, 404] {
        assert!(with_guards(code).is_err());
    }
    assert_eq!(counts("judging.guards"), [3, 4, 2, 0, 0]);
    assert!(binding(404).is_err());
    assert!(binding(0).is_err());
    assert_eq!(counts("judging.binding"), [0, 1, 1, 0, 0]);
    assert!(everything(0).is_err());
    assert_eq!(counts("judging.everything"), [0, 0, 1, 0, 0]);
    assert!(all_recorded(0).is_err());
    assert_eq!(counts("judging.all_recorded"), [0, 1, 0, 0, 0]);
    assert!(reference(404).is_err());
    assert!(reference(0).is_err());
    assert_eq!(counts("judging.reference"), [1, 1, 0, 0, 0]);
    assert!(erased("x").is_err());
    assert!(erased("").is_err());
    assert_eq!(counts("judging.anyhow"), [0, 1, 1, 0, 0]);
}

#[circuit_breaker(
    name = "judging.closure",
    failure_threshold = 1,
    failure_if = |answer| matches!(answer, Ok(code) if *code == 200),
)]
async fn by_closure(code: u16) -> Result<u16, Fault> {
    turn().await;
    answer(code)
}

#[circuit_breaker(name = "judging.closure_typed", failure_if = |answer: &Vec<usize>| answer.is_empty(), fallback = |n, cause| {
    let CallError::Failed(found) = cause else { return vec![] };
    vec![n, found.len()]
})]
async fn by_typed_closure(n: usize) -> Vec<usize> {
    turn().await;
    vec![7; n]
}

#[circuit_breaker(name = "judging.path", failure_threshold = 2, failure_if = Vec::is_empty, fallback = |n, cause| match cause {
    CallError::Failed(found) => vec![n, found.len()],
    CallError::Rejected(_) | CallError::TimedOut(_) => vec![100],
})]
fn by_path(n: usize) -> Vec<usize> {
    vec![7; n]
}

#[circuit_breaker(
    name = "judging.option",
    failure_if = Option::is_none,
    fallback = |text| Some(text),
)]
async fn option(text: &str) -> Option<&str> {
    turn().await;
    text.get(1..)
}

#[circuit_breaker(name = "judging.result_path", failure_if = Result::is_err)]
fn by_result_path(code: u16) -> Result<u16, Fault> {
    answer(code)
}

#[circuit_breaker(
    name = "judging.own_path",
    failure_if = Response::is_bad,
    fallback = Response::empty,
)]
async fn by_own_path(code: u16, body: String) -> Response {
    turn().await;
    Response { code, body }
}

#[circuit_breaker(
    name = "judging.both",
    ignore_errors = Fault::NotFound,
    failure_if = |answer| answer.is_err(),
    fallback = |_| Ok(1),
)]
fn both(code: u16) -> Result<u16, Fault> {
    answer(code)
}

#[derive(Debug, PartialEq)]
struct Response {
    code: u16,
    body: String,
}

impl Response {
    fn is_bad(&self) -> bool {
        self.code >= 500
    }

    async fn empty(_: u16, body: String) -> Self {
        turn().await;
        Self { code: 204, body }
    }
}

#[tokio::test]
async fn by_the_returned_value() {
    assert!(send(by_closure(404)).await.is_err_and(|fault| !fault.is_rejection()));
    assert_eq!(by_closure(200).await.ok(), Some(200));
    assert_eq!(state("judging.closure"), State::Open);
    assert!(by_closure(404).await.is_err_and(|fault| fault.is_rejection()));
    assert_eq!(send(by_typed_closure(0)).await, [0, 0]);
    assert_eq!(by_typed_closure(1).await, [7]);
    assert_eq!([by_path(0), by_path(0), by_path(1)], [vec![0, 0], vec![0, 0], vec![100]]);
    assert_eq!(counts("judging.path"), [0, 2, 0, 1, 3]);
    assert_eq!(send(option("ab")).await, Some("b"));
    assert_eq!(option("").await, Some(""));
    assert_eq!(by_result_path(200).ok(), Some(200));
    assert!(by_result_path(404).is_err());
    assert_eq!(counts("judging.result_path"), [1, 1, 0, 0, 0]);
    assert_eq!(send(by_own_path(200, "a".into())).await, Response { code: 200, body: "a".into() });
    assert_eq!(by_own_path(500, "a".into()).await, Response { code: 204, body: "a".into() });
    assert!(matches!(both(404), Err(Fault::NotFound)));
    assert_eq!(both(0).ok(), Some(1));
    assert_eq!(counts("judging.both"), [0, 1, 1, 0, 1]);
}
