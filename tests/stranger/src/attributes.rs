//! Other attributes on a protected function, before and after.

use cb_runtime::circuit_breaker;
use tracing::instrument;

use crate::support::{Fault, counts, send, turn};

#[derive(Debug)]
struct Client(u32);

#[instrument(skip(text), fields(length = text.len()), err)]
#[circuit_breaker(name = "attributes.instrument_above", fallback = |text, _| Ok(text))]
async fn above(text: String, n: u32) -> Result<String, Fault> {
    turn().await;
    if n == 0 { Err(Fault::Down) } else { Ok(text + &n.to_string()) }
}

#[circuit_breaker(
    name = "attributes.instrument_below",
    failure_threshold = 1,
    fallback = |text, (a, _)| Ok(format!("{text}{a}")),
)]
#[instrument(skip(text), fields(length = text.len()), ret)]
async fn below(text: String, (a, b): (u32, u32)) -> Result<String, Fault> {
    turn().await;
    if b == 0 { Err(Fault::Down) } else { Ok(text + &a.to_string()) }
}

#[instrument]
#[circuit_breaker(name = "attributes.plain_above")]
fn plain_above(n: u32) -> Result<u32, Fault> {
    n.checked_sub(1).ok_or(Fault::NotFound)
}

#[circuit_breaker(name = "attributes.plain_below", fallback = |n| Ok(n))]
#[instrument(err)]
fn plain_below(mut n: u32) -> Result<u32, Fault> {
    n = n.checked_sub(1).ok_or(Fault::NotFound)?;
    Ok(n)
}

impl Client {
    #[instrument(skip(self), level = "debug")]
    #[circuit_breaker(name = "attributes.method_above", fallback = Self::more)]
    async fn method_above(&mut self, by: &mut u32) -> Result<u32, Fault> {
        self.0 += *by;
        turn().await;
        *by += 1;
        Err(Fault::Down)
    }

    #[circuit_breaker(name = "attributes.method_below", fallback = Self::more)]
    #[instrument(skip_all, err(Debug))]
    async fn method_below(&mut self, by: &mut u32) -> Result<u32, Fault> {
        self.0 += *by;
        turn().await;
        *by += 1;
        Err(Fault::Down)
    }

    #[instrument(skip_all)]
    async fn more(&mut self, by: &mut u32) -> Result<u32, Fault> {
        self.0 += *by;
        Ok(self.0)
    }
}

#[async_trait::async_trait]
trait Traced {
    async fn one(&self, text: &str) -> Result<usize, Fault>;
    async fn two(&mut self, text: &str) -> Result<usize, Fault>;
    async fn three(&mut self, text: &str) -> Result<usize, Fault>;
}

#[async_trait::async_trait]
impl Traced for Client {
    #[instrument(skip(self))]
    #[circuit_breaker(name = "attributes.trait_above", fallback = |text| Ok(text.len() + 100))]
    async fn one(&self, text: &str) -> Result<usize, Fault> {
        turn().await;
        if text.is_empty() { Err(Fault::Down) } else { Ok(text.len()) }
    }

    #[instrument(skip(self))]
    #[circuit_breaker(
        name = "attributes.trait_above_mut",
        fallback = |text| { self.0 += 1; Ok(text.len() + 200) },
    )]
    async fn three(&mut self, text: &str) -> Result<usize, Fault> {
        self.0 += 1;
        turn().await;
        if text.is_empty() { Err(Fault::Down) } else { Ok(text.len()) }
    }

    #[circuit_breaker(
        name = "attributes.trait_below",
        fallback = |text| { self.0 += 1; Ok(text.len() + 100) },
    )]
    #[instrument(skip(self))]
    async fn two(&mut self, text: &str) -> Result<usize, Fault> {
        self.0 += 1;
        turn().await;
        if text.is_empty() { Err(Fault::Down) } else { Ok(text.len()) }
    }
}

#[tokio::test]
async fn instrumented() {
    assert_eq!(send(above("a".into(), 1)).await.ok().as_deref(), Some("a1"));
    assert_eq!(above("a".into(), 0).await.ok().as_deref(), Some("a"));
    assert_eq!(send(below("a".into(), (1, 1))).await.ok().as_deref(), Some("a1"));
    assert_eq!(below("a".into(), (1, 0)).await.ok().as_deref(), Some("a1"));
    assert_eq!(below("a".into(), (1, 1)).await.ok().as_deref(), Some("a1"));
    assert_eq!(counts("attributes.instrument_below"), [1, 1, 0, 1, 2]);
    assert_eq!(plain_above(1).ok(), Some(0));
    assert!(plain_above(0).is_err());
    assert_eq!(plain_below(0).ok(), Some(0));
    let (mut client, mut by) = (Client(0), 1);
    assert_eq!(send(client.method_above(&mut by)).await.ok(), Some(3));
    assert_eq!(send(client.method_below(&mut by)).await.ok(), Some(8));
    assert_eq!(send(client.one("")).await.ok(), Some(100));
    assert_eq!(send(client.two("")).await.ok(), Some(100));
    assert_eq!(send(client.three("")).await.ok(), Some(200));
    assert_eq!(client.0, 12);
}

/// The documentation
/// has several lines,
///
/// and `code`.
#[inline]
#[must_use]
#[circuit_breaker(name = "attributes.many", failure_if = |n| *n == 0, fallback = |_| 7)]
#[allow(clippy::needless_pass_by_value)]
#[doc(hidden)]
#[cfg(not(any()))]
#[cfg_attr(all(), doc = "More.")]
#[deprecated = "for the test's sake"]
fn many(text: String) -> u32 {
    u32::try_from(text.len()).unwrap_or(0)
}

/// Conditional.
#[cfg_attr(all(), circuit_breaker(name = "attributes.conditional", failure_threshold = 1))]
#[cfg_attr(any(), circuit_breaker(name = "attributes.conditional_not"))]
#[cold]
async fn conditional(down: bool) -> Result<(), Fault> {
    turn().await;
    if down { Err(Fault::Down) } else { Ok(()) }
}

#[cb_runtime::circuit_breaker(name = "attributes.by_path")]
#[track_caller]
fn by_path() -> Result<u32, Fault> {
    Ok(1)
}

#[circuit_breaker(name = "attributes.within", fallback = || Ok(2))]
async fn within() -> Result<u32, Fault> {
    #![allow(unused_variables)]
    let spare = 1;
    Ok(1)
}

use cb_runtime::circuit_breaker as protected;

#[protected(name = "attributes.renamed")]
fn renamed() -> Result<u32, Fault> {
    Ok(1)
}

#[tokio::test]
async fn others() {
    #[allow(deprecated)]
    let answers = (many("four".into()), many(String::new()));
    assert_eq!(answers, (4, 7));
    assert!(conditional(true).await.is_err());
    assert!(conditional(false).await.is_err_and(|fault| fault.is_rejection()));
    assert_eq!((by_path().ok(), renamed().ok()), (Some(1), Some(1)));
    assert_eq!(send(within()).await.ok(), Some(1));
}

#[circuit_breaker(name = "attributes.test", failure_threshold = 1)]
#[tokio::test]
async fn a_test_of_its_own() -> Result<(), Fault> {
    turn().await;
    Ok(())
}

#[test]
#[circuit_breaker(name = "attributes.plain_test")]
fn a_plain_test_of_its_own() -> Result<(), Fault> {
    Ok(())
}
