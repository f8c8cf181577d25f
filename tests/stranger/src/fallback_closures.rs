//! A fallback that is a closure.

use cb_runtime::{CallError, circuit_breaker};

use crate::support::{Fault, Unique, counts, send, turn};

type Answer = Result<String, Fault>;

fn parse(text: &str) -> Result<u32, std::num::ParseIntError> {
    text.parse()
}

#[circuit_breaker(name = "closures.untyped", fallback = |text, n| Ok(text.trim().repeat(n)))]
async fn untyped(text: &str, n: usize) -> Answer {
    turn().await;
    Err(Fault::Down)
}

#[circuit_breaker(
    name = "closures.typed",
    fallback = |text: &str, n: usize| -> Answer { Ok(text.repeat(n)) },
)]
async fn typed(text: &str, n: usize) -> Answer {
    turn().await;
    Err(Fault::Down)
}

#[circuit_breaker(name = "closures.cause", failure_threshold = 1, fallback = |text, _, cause| match cause {
    CallError::Failed(Fault::Status(code)) => Ok(format!("{text} failed with {code}")),
    CallError::Failed(fault) => Err(fault),
    CallError::Rejected(error) if error.retry_after().is_some() => Ok(format!("{text} rejected")),
    CallError::Rejected(_) | CallError::TimedOut(_) => Err(Fault::NotFound),
})]
async fn told(text: String, code: u16) -> Answer {
    turn().await;
    drop(text);
    Err(Fault::Status(code))
}

#[circuit_breaker(name = "closures.declined_cause", fallback = |text, _cause| Ok(text.to_owned()))]
async fn declined_cause(text: &str) -> Answer {
    turn().await;
    Err(Fault::Down)
}

#[circuit_breaker(name = "closures.wild_cause", fallback = |text, _| Ok(text.to_owned()))]
async fn wild_cause(text: &str) -> Answer {
    turn().await;
    Err(Fault::Down)
}

#[tokio::test]
async fn with_and_without_types_and_cause() {
    assert_eq!(send(untyped(" a", 2)).await.ok().as_deref(), Some("aa"));
    assert_eq!(send(typed("a", 3)).await.ok().as_deref(), Some("aaa"));
    assert_eq!(send(told("it".into(), 503)).await.ok().as_deref(), Some("it failed with 503"));
    assert_eq!(told("it".into(), 503).await.ok().as_deref(), Some("it rejected"));
    assert_eq!(send(declined_cause("a")).await.ok().as_deref(), Some("a"));
    assert_eq!(send(wild_cause("a")).await.ok().as_deref(), Some("a"));
}

#[circuit_breaker(name = "closures.question_mark", fallback = |text| {
    let n = parse(text).map_err(|_| Fault::NotFound)?;
    Ok(n.to_string())
})]
async fn question_mark(text: &str) -> Answer {
    turn().await;
    Err(Fault::Down)
}

#[circuit_breaker(
    name = "closures.question_mark_plain",
    fallback = |text| Ok(parse(text)?.to_string()),
)]
fn question_mark_plain(text: &str) -> anyhow::Result<String> {
    anyhow::bail!("{text} is down")
}

#[circuit_breaker(name = "closures.async", fallback = async |text, n, cause| {
    turn().await;
    let n = n + parse(&text).map_err(|_| Fault::NotFound)?;
    turn().await;
    Ok(format!("{n} {cause}"))
})]
async fn asynchronous(text: String, n: u32) -> Answer {
    turn().await;
    drop((text, n));
    Err(Fault::Down)
}

#[circuit_breaker(name = "closures.async_block", fallback = |text, n| async move {
    turn().await;
    let n = n + parse(&text).map_err(|_| Fault::NotFound)?;
    Ok(n.to_string())
})]
async fn async_block(text: String, n: u32) -> Answer {
    turn().await;
    drop((text, n));
    Err(Fault::Down)
}

#[circuit_breaker(name = "closures.async_block_in_block", fallback = |text, _| { async move {
    turn().await;
    Ok(text.to_owned())
}})]
async fn async_block_in_block(text: &str, _: u32) -> Answer {
    turn().await;
    Err(Fault::Down)
}

#[circuit_breaker(name = "closures.async_block_at_the_end", fallback = |text, cause| {
    let said = cause.to_string();
    async move {
        turn().await;
        Ok(format!("{} {said}", parse(&text).map_err(|_| Fault::NotFound)?))
    }
})]
async fn async_block_at_the_end(text: String) -> Answer {
    turn().await;
    drop(text);
    Err(Fault::Down)
}

#[circuit_breaker(name = "closures.async_expression", fallback = async |text| other(text).await)]
async fn async_expression(text: &str) -> Answer {
    turn().await;
    Err(Fault::Down)
}

async fn other(text: &str) -> Answer {
    turn().await;
    Ok(text.to_owned())
}

#[circuit_breaker(name = "closures.async_return", fallback = async |text: &str| -> Answer {
    if text.is_empty() {
        return Err(Fault::NotFound);
    }
    turn().await;
    Ok(text.to_owned())
})]
async fn async_return(text: &str) -> Answer {
    turn().await;
    Err(Fault::Down)
}

#[tokio::test]
async fn with_question_marks_and_awaits() {
    assert_eq!(send(question_mark("3")).await.ok().as_deref(), Some("3"));
    assert!(matches!(question_mark("x").await, Err(Fault::NotFound)));
    assert_eq!(question_mark_plain("3").ok().as_deref(), Some("3"));
    assert!(question_mark_plain("x").is_err_and(|error| error.is::<std::num::ParseIntError>()));
    let answer = send(asynchronous("3".into(), 4)).await.ok();
    assert_eq!(answer.as_deref(), Some("7 the service is down"));
    assert!(matches!(asynchronous("x".into(), 4).await, Err(Fault::NotFound)));
    assert_eq!(send(async_block("3".into(), 4)).await.ok().as_deref(), Some("7"));
    assert!(matches!(async_block("x".into(), 4).await, Err(Fault::NotFound)));
    assert_eq!(send(async_block_in_block("a", 1)).await.ok().as_deref(), Some("a"));
    assert_eq!(
        send(async_block_at_the_end("3".into())).await.ok().as_deref(),
        Some("3 the service is down")
    );
    assert!(matches!(async_block_at_the_end("x".into()).await, Err(Fault::NotFound)));
    assert_eq!(send(async_expression("a")).await.ok().as_deref(), Some("a"));
    assert_eq!(send(async_return("a")).await.ok().as_deref(), Some("a"));
    assert!(matches!(async_return("").await, Err(Fault::NotFound)));
}

#[circuit_breaker(name = "closures.declined", fallback = |_, _, n, _| Ok(n.to_string()))]
async fn declined(a: Unique, b: Box<dyn FnOnce() -> u32 + Send>, n: u32, c: Unique) -> Answer {
    turn().await;
    if b() == 0 { Err(Fault::Down) } else { Ok((a.0 + n + c.0).to_string()) }
}

#[circuit_breaker(name = "closures.declined_plain", fallback = |_: Unique, n| Ok(n.to_string()))]
fn declined_plain(a: Unique, n: u32) -> Answer {
    if a.0 == 0 { Err(Fault::Down) } else { Ok(n.to_string()) }
}

#[tokio::test]
async fn what_is_declined_need_not_be_clone() {
    assert_eq!(
        send(declined(Unique(1), Box::new(|| 1), 2, Unique(3))).await.ok().as_deref(),
        Some("6")
    );
    assert_eq!(declined(Unique(1), Box::new(|| 0), 2, Unique(3)).await.ok().as_deref(), Some("2"));
    assert_eq!(declined_plain(Unique(0), 5).ok().as_deref(), Some("5"));
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Client {
    seen: Vec<String>,
}

impl Client {
    #[circuit_breaker(
        name = "closures.this",
        fallback = |this, text| Ok(format!("{} {text}", this.seen.len())),
    )]
    async fn shared(&self, text: &str) -> Answer {
        turn().await;
        Err(Fault::Down)
    }

    #[circuit_breaker(name = "closures.this_mut", failure_threshold = 1, fallback = async |this, text, cause| {
        this.seen.push(cause.to_string());
        turn().await;
        this.seen.push(text);
        Ok(this.seen.len().to_string())
    })]
    async fn exclusive(&mut self, text: String) -> Answer {
        self.seen.push(text);
        turn().await;
        Err(Fault::Down)
    }

    #[circuit_breaker(name = "closures.this_unused", fallback = |_this, text| Ok(text))]
    async fn unused(&self, text: String) -> Answer {
        turn().await;
        drop(text);
        if self.seen.is_empty() { Err(Fault::NotFound) } else { Err(Fault::Down) }
    }

    #[circuit_breaker(name = "closures.this_by_type", fallback = |client: &mut Self, text: String| {
        client.seen.push(text);
        Ok(client.seen.concat())
    })]
    async fn by_type(&mut self, text: String) -> Answer {
        self.seen.push(text);
        turn().await;
        Err(Fault::Down)
    }

    #[circuit_breaker(
        name = "closures.another_self",
        fallback = |other: &Self, why: CallError<Fault>| Ok(format!("{} {why}", other.seen.len())),
    )]
    async fn another(&self, other: &Self) -> Answer {
        turn().await;
        if self == other { Err(Fault::NotFound) } else { Err(Fault::Down) }
    }

    #[circuit_breaker(name = "closures.this_owned", fallback = |this, _| Ok(this.seen.concat()))]
    async fn owned(self, n: Unique) -> Answer {
        turn().await;
        drop((self, n));
        Err(Fault::Down)
    }

    #[circuit_breaker(
        name = "closures.self",
        fallback = |text| Ok(format!("{} {text}", self.seen.len())),
    )]
    async fn by_name(&self, text: &str) -> Answer {
        turn().await;
        Err(Fault::Down)
    }

    #[circuit_breaker(name = "closures.self_async", fallback = async |text, _| {
        self.seen.push(text);
        turn().await;
        Ok(self.seen.concat())
    })]
    async fn by_name_mut(&mut self, text: String) -> Answer {
        self.seen.push(text.clone());
        turn().await;
        Err(Fault::Down)
    }

    #[circuit_breaker(name = "closures.self_macro", fallback = |_| Ok(format!("{:?}", self.seen)))]
    fn in_a_macro(&mut self, text: String) -> Answer {
        self.seen.push(text);
        Err(Fault::Down)
    }

    #[circuit_breaker(name = "closures.self_type", fallback = |text| Self::make(text, self))]
    fn in_a_call(&self, text: &str) -> Answer {
        Err(Fault::Down)
    }

    fn make(text: &str, this: &Self) -> Answer {
        Ok(this.seen.concat() + text)
    }

    #[circuit_breaker(name = "closures.no_self", fallback = |text| Ok(text))]
    async fn not_clone_and_not_needed(self: Box<Self>, text: String) -> Answer {
        turn().await;
        drop((self, text));
        Err(Fault::Down)
    }
}

#[tokio::test]
async fn on_methods() {
    let mut client = Client { seen: vec!["a".into()] };
    assert_eq!(send(client.shared("x")).await.ok().as_deref(), Some("1 x"));
    assert_eq!(send(client.exclusive("b".into())).await.ok().as_deref(), Some("4"));
    assert_eq!(client.seen, ["a", "b", "the service is down", "b"]);
    client.seen.truncate(1);
    assert_eq!(send(client.unused("x".into())).await.ok().as_deref(), Some("x"));
    assert_eq!(send(client.by_type("b".into())).await.ok().as_deref(), Some("abb"));
    client.seen.truncate(1);
    let other = Client::default();
    assert_eq!(send(client.another(&other)).await.ok().as_deref(), Some("0 the service is down"));
    assert_eq!(send(client.clone().owned(Unique(1))).await.ok().as_deref(), Some("a"));
    assert_eq!(send(client.by_name("x")).await.ok().as_deref(), Some("1 x"));
    assert_eq!(send(client.by_name_mut("b".into())).await.ok().as_deref(), Some("abb"));
    client.seen.truncate(1);
    assert_eq!(client.in_a_macro("b".into()).ok().as_deref(), Some("[\"a\", \"b\"]"));
    assert_eq!(client.in_a_call("c").ok().as_deref(), Some("abc"));
    let answer = send(Box::new(client).not_clone_and_not_needed("d".into())).await.ok();
    assert_eq!(answer.as_deref(), Some("d"));
}

#[circuit_breaker(name = "closures.patterns", fallback = |(a, b), [c, ..], mut v, &d| {
    v.push(a + b + c + d);
    Ok(format!("{v:?}"))
})]
async fn patterns(pair: (u32, u32), list: [u32; 2], v: Vec<u32>, d: &u32) -> Answer {
    turn().await;
    drop(v);
    Err(Fault::Status(u16::try_from(pair.0 + pair.1 + list[0] + d).unwrap_or(0)))
}

#[circuit_breaker(name = "closures.move", fallback = move |text| Ok(text))]
async fn moving(text: String) -> Answer {
    turn().await;
    drop(text);
    Err(Fault::Down)
}

#[tokio::test]
async fn with_patterns() {
    assert_eq!(send(patterns((1, 2), [3, 0], vec![9], &4)).await.ok().as_deref(), Some("[9, 10]"));
    assert_eq!(send(moving("a".into())).await.ok().as_deref(), Some("a"));
    assert_eq!(counts("closures.move"), [0, 1, 0, 0, 1]);
}
