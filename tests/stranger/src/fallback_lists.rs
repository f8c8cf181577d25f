//! Several fallbacks, tried in order.

use std::sync::atomic::Ordering;

use cb_runtime::{CallError, circuit_breaker};

use crate::support::{Counted, Fault, counts, send, turn};

type Answer = Result<String, Fault>;

async fn fails_later(_: &str, _: u32) -> Answer {
    turn().await;
    Err(Fault::Status(1))
}

fn fails(_: &str, _: u32) -> Answer {
    Err(Fault::Status(2))
}

#[circuit_breaker(name = "lists.two", failure_threshold = 1, fallback = [fails_later, |text, n, cause| {
    Ok(format!("{text} {n} {cause}"))
}])]
async fn two(text: &str, n: u32) -> Answer {
    turn().await;
    if n == 0 { Err(Fault::Down) } else { Ok(text.to_owned()) }
}

#[circuit_breaker(name = "lists.three", fallback = [
    |_, n, cause| match cause {
        CallError::Failed(Fault::Down) if n == 5 => Ok("first".into()),
        _ => Err(Fault::NotFound),
    },
    async |text, n, cause| {
        turn().await;
        if n == 6 { Ok(format!("second, {cause}")) } else { other(text, n).await }
    },
    |text: &str, _, cause| async move {
        turn().await;
        Ok(format!("third, {cause}, {text}"))
    },
])]
async fn three(text: &str, n: u32) -> Answer {
    turn().await;
    Err(Fault::Down)
}

async fn other(_: &str, n: u32) -> Answer {
    Err(Fault::Status(u16::try_from(n).unwrap_or(0)))
}

#[circuit_breaker(name = "lists.all_fail", fallback = [fails, fails_later, fails])]
async fn all_fail(text: &str, n: u32) -> Answer {
    turn().await;
    Err(Fault::Down)
}

#[circuit_breaker(name = "lists.plain", fallback = [fails, |text, _| Ok(text.to_owned())])]
fn plain(text: &str, n: u32) -> Answer {
    Err(Fault::Down)
}

#[circuit_breaker(name = "lists.one", fallback = [|text, _| Ok(text.to_owned())])]
fn one(text: &str, _: u32) -> Answer {
    Err(Fault::Down)
}

#[circuit_breaker(name = "lists.ignored", ignore_errors = Fault::NotFound, fallback = [
    |_| Err(Fault::NotFound),
    |_| Ok(1),
])]
fn ignored(n: u32) -> Result<u32, Fault> {
    if n == 0 { Err(Fault::NotFound) } else { Err(Fault::Down) }
}

#[tokio::test]
async fn the_next_one_runs_when_the_one_before_failed() {
    assert_eq!(send(two("a", 0)).await.ok().as_deref(), Some("a 0 status 1"));
    assert_eq!(send(two("a", 1)).await.ok().as_deref(), Some("a 1 status 1"));
    assert_eq!(counts("lists.two"), [0, 1, 0, 1, 2]);
    assert_eq!(send(three("a", 5)).await.ok().as_deref(), Some("first"));
    assert_eq!(three("a", 6).await.ok().as_deref(), Some("second, there is no such thing"));
    assert_eq!(three("a", 7).await.ok().as_deref(), Some("third, status 7, a"));
    assert!(matches!(send(all_fail("a", 1)).await, Err(Fault::Status(2))));
    assert_eq!(counts("lists.all_fail"), [0, 1, 0, 0, 1]);
    assert_eq!(plain("a", 1).ok().as_deref(), Some("a"));
    assert_eq!(one("a", 1).ok().as_deref(), Some("a"));
}

#[test]
fn an_ignored_error_is_an_answer_of_a_fallback_too() {
    assert!(matches!(ignored(0), Err(Fault::NotFound)));
    assert!(matches!(ignored(1), Err(Fault::NotFound)));
    assert_eq!(counts("lists.ignored"), [0, 1, 1, 0, 1]);
}

#[derive(Clone, Debug, Default)]
struct Client(u32);

impl Client {
    #[circuit_breaker(name = "lists.method", fallback = [
        Self::first,
        |text, list| { self.0 += 10; list.push(text); Err(Fault::Down) },
        async |this, text, list| {
            this.0 += 100;
            turn().await;
            list.push(text);
            Ok(this.0.to_string())
        },
    ])]
    async fn method(&mut self, text: String, list: &mut Vec<String>) -> Answer {
        list.push(text);
        turn().await;
        Err(Fault::Down)
    }

    async fn first(&mut self, text: String, list: &mut Vec<String>) -> Answer {
        self.0 += 1;
        list.push(text);
        turn().await;
        Err(Fault::Down)
    }

    #[circuit_breaker(
        name = "lists.owned",
        fallback = [Self::owned_too, |this, n| Ok(this.0 + n), Self::owned_too],
    )]
    fn owned(self, n: u32) -> Result<u32, Fault> {
        drop(self);
        Err(Fault::Down)
    }

    fn owned_too(self, _: u32) -> Result<u32, Fault> {
        drop(self);
        Err(Fault::NotFound)
    }
}

#[tokio::test]
async fn each_has_the_arguments_and_the_receiver() {
    let (mut client, mut list) = (Client(0), vec![]);
    assert_eq!(send(client.method("a".into(), &mut list)).await.ok().as_deref(), Some("111"));
    assert_eq!(list, ["a", "a", "a", "a"]);
    assert_eq!(client.owned(4).ok(), Some(115));
}

#[circuit_breaker(name = "lists.clones", failure_threshold = 1, fallback = [
    |counted| { drop(counted); Err(Fault::Down) },
    |_| Err(Fault::Down),
    |counted| { drop(counted); Ok(3) },
])]
async fn clones(counted: Counted) -> Result<u32, Fault> {
    turn().await;
    drop(counted);
    Err(Fault::Down)
}

#[tokio::test]
async fn no_more_clones_than_are_needed() {
    let (counted, made) = Counted::new();
    assert_eq!(send(clones(counted)).await.ok(), Some(3));
    assert_eq!(made.load(Ordering::Relaxed), 2);
    let (counted, made) = Counted::new();
    assert_eq!(clones(counted).await.ok(), Some(3));
    assert_eq!(made.load(Ordering::Relaxed), 1);
}

#[circuit_breaker(
    name = "lists.value",
    failure_if = |n| *n == 0,
    fallback = [|_| 0, async |n| { turn().await; n + 1 }, |_| 9],
)]
async fn value(n: u32) -> u32 {
    turn().await;
    n.saturating_sub(n + 1)
}

#[tokio::test]
async fn judged_as_the_function_is() {
    assert_eq!(send(value(5)).await, 6);
    assert_eq!(counts("lists.value"), [0, 1, 0, 0, 1]);
}
