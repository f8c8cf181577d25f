//! Return types: borrowed, erased, opaque, by another name, or no `Result` at all.

use std::{error::Error, fmt, num::ParseIntError};

use cb_runtime::{CallError, CircuitError, circuit_breaker};

use crate::support::{Fault, counts, send, turn};

struct Page {
    text: String,
}

impl Page {
    #[circuit_breaker(name = "returns.both", fallback = |text| Ok((&self.text, text)))]
    async fn both<'a>(&'a self, text: &'a str) -> Result<(&'a str, &'a str), Fault> {
        turn().await;
        if text.is_empty() { Err(Fault::Down) } else { Ok((text, &self.text)) }
    }

    #[circuit_breaker(name = "returns.elided", fallback = Self::first)]
    fn elided(&self, at: usize) -> Result<&str, Fault> {
        self.text.get(at..).ok_or(Fault::NotFound)
    }

    fn first(&self, _: usize) -> Result<&str, Fault> {
        Ok(&self.text[..1])
    }

    #[circuit_breaker(name = "returns.lines")]
    fn lines(&self) -> Result<Box<dyn Iterator<Item = &str> + '_>, Fault> {
        Ok(Box::new(self.text.lines()))
    }

    #[circuit_breaker(
        name = "returns.rest",
        failure_threshold = 1,
        fallback_on = "rejected",
        fallback = Self::all,
    )]
    fn rest(&mut self, at: usize) -> Result<&mut str, Fault> {
        self.text.get_mut(at..).ok_or(Fault::NotFound)
    }

    fn all(&mut self, _: usize) -> Result<&mut str, Fault> {
        Ok(&mut self.text)
    }

    #[circuit_breaker(
        name = "returns.rest_async",
        failure_threshold = 1,
        fallback_on = "rejected",
        fallback = |_| Ok(&mut self.text),
    )]
    async fn rest_async(&mut self, at: usize) -> Result<&mut str, Fault> {
        turn().await;
        self.text.get_mut(at..).ok_or(Fault::NotFound)
    }
}

#[tokio::test]
async fn answers_may_borrow() {
    let mut page = Page { text: "ab\nc".into() };
    assert_eq!(send(page.both("x")).await.ok(), Some(("x", "ab\nc")));
    assert_eq!(page.both("").await.ok(), Some(("ab\nc", "")));
    assert_eq!(page.elided(3).ok(), Some("c"));
    assert_eq!(page.elided(9).ok(), Some("a"));
    assert_eq!(page.lines().map(Iterator::count).ok(), Some(2));
    assert_eq!(page.rest(3).ok().map(|rest| rest.len()), Some(1));
    assert!(matches!(page.rest(9), Err(Fault::NotFound)));
    assert_eq!(page.rest(3).ok().map(|rest| rest.len()), Some(4));
    assert_eq!(send(page.rest_async(3)).await.ok().map(|rest| rest.len()), Some(1));
    assert!(page.rest_async(9).await.is_err());
    assert_eq!(page.rest_async(3).await.ok().map(|rest| rest.len()), Some(4));
}

#[circuit_breaker(name = "returns.anyhow", failure_threshold = 1)]
async fn with_anyhow(text: &str) -> anyhow::Result<u32> {
    turn().await;
    anyhow::ensure!(!text.is_empty(), "nothing there");
    Ok(text.parse()?)
}

#[circuit_breaker(name = "returns.boxed", failure_threshold = 1)]
fn with_box(text: &str) -> Result<u32, Box<dyn Error + Send + Sync>> {
    if text.is_empty() {
        return Err("nothing there".into());
    }
    Ok(text.parse()?)
}

#[circuit_breaker(name = "returns.boxed_local", failure_threshold = 1)]
fn with_local_box(text: &str) -> Result<u32, Box<dyn Error>> {
    Ok(text.parse::<u32>()?)
}

#[tokio::test]
async fn erased_errors_carry_the_rejection() {
    assert_eq!(send(with_anyhow("1")).await.ok(), Some(1));
    assert!(with_anyhow("").await.is_err_and(|error| error.to_string() == "nothing there"));
    let rejected = with_anyhow("1").await.expect_err("open");
    assert!(rejected.downcast_ref::<CircuitError>().is_some_and(CircuitError::is_rejection));
    assert!(with_box("x").is_err_and(|error| error.is::<ParseIntError>()));
    assert!(with_box("1").is_err_and(|error| error.is::<CircuitError>()));
    assert!(with_local_box("x").is_err());
    assert!(with_local_box("1").is_err_and(|error| error.is::<CircuitError>()));
}

#[circuit_breaker(name = "returns.opaque")]
fn opaque(n: u32) -> Result<impl Iterator<Item = u32> + use<>, Fault> {
    let n = n.checked_sub(1).ok_or(Fault::NotFound)?;
    Ok(0..n)
}

#[circuit_breaker(name = "returns.opaque_async")]
async fn opaque_async(text: &str) -> Result<impl Iterator<Item = char>, CallError<ParseIntError>> {
    turn().await;
    let n: usize = text.parse().map_err(CallError::Failed)?;
    Ok(text.chars().take(n))
}

#[tokio::test]
async fn opaque_types_inside_a_result() {
    assert_eq!(opaque(3).map(Iterator::count).ok(), Some(2));
    assert!(opaque(0).is_err());
    assert_eq!(send(opaque_async("1 ".trim())).await.map(Iterator::count).ok(), Some(1));
    assert!(matches!(opaque_async("x").await.map(drop), Err(CallError::Failed(_))));
    assert_eq!(counts("returns.opaque_async"), [1, 1, 0, 0, 0]);
}

#[circuit_breaker(name = "returns.call_error", failure_threshold = 1, call_timeout = "1s")]
async fn call_error(slow: bool) -> Result<u32, CallError<&'static str>> {
    if slow {
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    }
    Ok(1)
}

#[tokio::test(start_paused = true)]
async fn the_runtimes_own_error_type() {
    assert_eq!(call_error(false).await, Ok(1));
    assert!(matches!(send(call_error(true)).await, Err(CallError::TimedOut(_))));
    assert!(matches!(call_error(false).await, Err(CallError::Rejected(_))));
}

type Answer<T = u32> = Result<T, Fault>;

#[circuit_breaker(name = "returns.alias", fallback = |n| Ok(n + 10))]
async fn alias(n: u32) -> Answer {
    turn().await;
    if n == 0 { Err(Fault::Down) } else { Ok(n) }
}

#[circuit_breaker(name = "returns.io", fallback = |_, cause| {
    Err(std::io::Error::other(cause.into_inner().map_or("rejected".into(), |error| error.to_string() + "!")))
})]
fn io(path: &str) -> std::io::Result<String> {
    std::fs::read_to_string(path).map_err(|_| std::io::ErrorKind::NotFound.into())
}

#[tokio::test]
async fn a_result_by_another_name() {
    assert_eq!(send(alias(1)).await.ok(), Some(1));
    assert_eq!(alias(0).await.ok(), Some(10));
    assert!(io("/no/such/file").is_err_and(|error| error.to_string() == "entity not found!"));
}

/// An error with neither `Display` nor `Debug` nor `Error`.
struct Mute(Option<CircuitError>);

impl From<CircuitError> for Mute {
    fn from(error: CircuitError) -> Self {
        Self(Some(error))
    }
}

#[circuit_breaker(name = "returns.mute", failure_threshold = 1)]
async fn mute(n: u32) -> Result<u32, Mute> {
    turn().await;
    if n == 0 { Err(Mute(None)) } else { Ok(n) }
}

#[tokio::test]
async fn an_error_without_a_text() {
    assert!(send(mute(0)).await.is_err_and(|error| error.0.is_none()));
    assert!(mute(1).await.is_err_and(|error| error.0.is_some()));
    assert_eq!(crate::support::breaker("returns.mute").snapshot().last_error, None);
}

impl From<CircuitError> for Loud {
    fn from(error: CircuitError) -> Self {
        Self(error.to_string())
    }
}

#[derive(Debug)]
struct Loud(String);

impl fmt::Display for Loud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[circuit_breaker(name = "returns.loud", failure_threshold = 1)]
fn loud(text: &'static str) -> Result<(), Loud> {
    Err(Loud(text.to_owned()))
}

#[test]
fn errors_that_are_no_errors() {
    assert!(loud("oh!").is_err_and(|error| error.0 == "oh!"));
    assert!(loud("oh!").is_err_and(|error| error.to_string().contains("is open: 1 failure")));
    let last_error = crate::support::breaker("returns.loud").snapshot().last_error;
    assert_eq!(last_error.as_deref(), Some("oh!"));
}

#[circuit_breaker(name = "returns.unit", failure_threshold = 1)]
async fn unit(down: bool) -> Result<(), Fault> {
    turn().await;
    if down {
        return Err(Fault::Down);
    }
    Ok(())
}

#[circuit_breaker(name = "returns.nothing", failure_if = |&()| false, fallback = |_| {})]
async fn nothing(list: &mut Vec<u32>) {
    turn().await;
    list.push(1);
}

#[circuit_breaker(name = "returns.nothing_plain", failure_if = |&()| false, fallback = |_| {})]
fn nothing_plain(list: &mut Vec<u32>) {
    if list.len() > 5 {
        return;
    }
    list.push(1);
}

#[tokio::test]
async fn no_value_at_all() {
    assert!(send(unit(false)).await.is_ok());
    assert!(unit(true).await.is_err());
    let mut list = Vec::new();
    send(nothing(&mut list)).await;
    nothing_plain(&mut list);
    assert_eq!(list, [1, 1]);
    assert_eq!(counts("returns.nothing"), [1, 0, 0, 0, 0]);
}

#[circuit_breaker(name = "returns.never", failure_threshold = 1)]
async fn diverges(n: u32) -> Result<u32, Fault> {
    let mut left = n;
    loop {
        turn().await;
        match left {
            0 if n == 0 => return Err(Fault::Down),
            0 => break Ok(n),
            _ => left -= 1,
        }
    }
}

#[tokio::test]
async fn early_returns() {
    assert_eq!(diverges(1).await.ok(), Some(1));
    assert!(diverges(0).await.is_err());
}
