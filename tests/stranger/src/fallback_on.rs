//! Which non-answers a fallback stands in for, and what that costs in clones.

use std::sync::{Arc, atomic::Ordering};

use cb_runtime::{CallError, circuit_breaker};

use crate::support::{Counted, Fault, Unique, breaker, counts, send, turn};

type Answer = Result<&'static str, Fault>;

fn reserve(counted: Counted, _: bool) -> Answer {
    drop(counted);
    Ok("reserve")
}

macro_rules! on {
    ($($name:ident $breaker:literal $on:literal)*) => {$(
        #[circuit_breaker(
            name = $breaker,
            failure_threshold = 1,
            fallback_on = $on,
            fallback = reserve,
        )]
        async fn $name(counted: Counted, down: bool) -> Answer {
            turn().await;
            drop(counted);
            if down { Err(Fault::Down) } else { Ok("answer") }
        }
    )*};
}

on! {
    any "on.any" "any"
    rejected "on.rejected" "rejected"
    failed "on.failed" "failed"
}

/// What comes of a good call, a failure and a rejection, with the clones made for each.
macro_rules! answers {
    ($name:ident) => {{
        let mut answers = Vec::new();
        for down in [false, true, false] {
            let (counted, made) = Counted::new();
            let answer = match send($name(counted, down)).await {
                Ok(answer) => answer,
                Err(fault) if fault.is_rejection() => "rejection",
                Err(_) => "failure",
            };
            assert_eq!(Arc::strong_count(&made), 1);
            answers.push((answer, made.load(Ordering::Relaxed)));
        }
        answers
    }};
}

#[tokio::test]
async fn each_kind_of_non_answer() {
    assert_eq!(answers!(any), [("answer", 1), ("reserve", 1), ("reserve", 0)]);
    assert_eq!(counts("on.any"), [1, 1, 0, 1, 2]);
    assert_eq!(answers!(rejected), [("answer", 0), ("failure", 0), ("reserve", 0)]);
    assert_eq!(counts("on.rejected"), [1, 1, 0, 1, 1]);
    assert_eq!(answers!(failed), [("answer", 1), ("reserve", 1), ("rejection", 0)]);
    assert_eq!(counts("on.failed"), [1, 1, 0, 1, 1]);
}

#[circuit_breaker(name = "on.none", failure_threshold = 1)]
async fn none(counted: Counted, down: bool) -> Answer {
    turn().await;
    drop(counted);
    if down { Err(Fault::Down) } else { Ok("answer") }
}

#[circuit_breaker(name = "on.declined", failure_threshold = 1, fallback = |_, _| Ok("reserve"))]
async fn declined(counted: Counted, down: bool) -> Answer {
    turn().await;
    drop(counted);
    if down { Err(Fault::Down) } else { Ok("answer") }
}

#[circuit_breaker(name = "on.off", enabled = false, fallback = reserve)]
async fn off(counted: Counted, down: bool) -> Answer {
    turn().await;
    drop(counted);
    if down { Err(Fault::Down) } else { Ok("answer") }
}

#[tokio::test]
async fn without_need_nothing_is_cloned() {
    assert_eq!(answers!(none), [("answer", 0), ("failure", 0), ("rejection", 0)]);
    assert_eq!(answers!(declined), [("answer", 0), ("reserve", 0), ("reserve", 0)]);
    let answers = answers!(off);
    assert_eq!(
        answers.iter().map(|(answer, _)| *answer).collect::<Vec<_>>(),
        ["answer", "failure", "answer"]
    );
}

#[circuit_breaker(
    name = "on.moved",
    failure_threshold = 1,
    fallback_on = "rejected",
    fallback = async |unique, list, job, cause| {
        turn().await;
        list.push(job());
        assert!(matches!(cause, CallError::Rejected(_)));
        Ok(unique)
    }
)]
async fn moved(
    unique: Unique,
    list: &mut Vec<u32>,
    job: impl FnOnce() -> u32 + Send,
) -> Result<Unique, Fault> {
    turn().await;
    list.push(job() + unique.0);
    Err(Fault::Down)
}

struct Client(Unique);

impl Client {
    #[circuit_breaker(
        name = "on.moved_self",
        failure_threshold = 1,
        fallback_on = "rejected",
        fallback = Self::other,
    )]
    async fn moved(self, unique: Unique) -> Result<(Self, Unique), Fault> {
        turn().await;
        Err(Fault::Down)
    }

    async fn other(self, unique: Unique) -> Result<(Self, Unique), Fault> {
        Ok((self, unique))
    }

    #[circuit_breaker(
        name = "on.moved_plain",
        fallback_on = "rejected",
        fallback = |this, n| Ok((this, n)),
    )]
    fn moved_plain(self: Box<Self>, unique: Unique) -> Result<(Box<Self>, Unique), Fault> {
        Ok((self, unique))
    }

    #[circuit_breaker(name = "on.moved_mut", failure_threshold = 1, fallback_on = "rejected", fallback = |unique| {
        self.0.0 += unique.0;
        Ok(self.0.0)
    })]
    async fn moved_mut(&mut self, unique: Unique) -> Result<u32, Fault> {
        turn().await;
        self.0 = unique;
        Err(Fault::Down)
    }
}

#[tokio::test]
async fn on_a_rejection_arguments_are_moved() {
    let mut list = vec![];
    assert!(matches!(send(moved(Unique(1), &mut list, || 2)).await, Err(Fault::Down)));
    assert_eq!(moved(Unique(1), &mut list, || 2).await.ok(), Some(Unique(1)));
    assert_eq!(list, [3, 2]);
    let client = || Client(Unique(1));
    assert!(send(client().moved(Unique(2))).await.is_err());
    assert!(client().moved(Unique(2)).await.is_ok_and(|(client, n)| client.0.0 + n.0 == 3));
    assert!(Box::new(client()).moved_plain(Unique(2)).is_ok());
    breaker("on.moved_plain").force_open();
    assert!(Box::new(client()).moved_plain(Unique(2)).is_ok_and(|(_, n)| n == Unique(2)));
    assert_eq!(counts("on.moved_plain"), [1, 0, 0, 1, 1]);
    let mut client = client();
    assert!(send(client.moved_mut(Unique(5))).await.is_err());
    assert_eq!(client.moved_mut(Unique(2)).await.ok(), Some(7));
}

#[circuit_breaker(
    name = "on.timed",
    failure_threshold = 2,
    call_timeout = "1s",
    fallback_on = "rejected",
    fallback = |_| Ok("reserve"),
)]
async fn timed(unique: Unique) -> Answer {
    std::future::pending::<()>().await;
    drop(unique);
    Ok("never")
}

#[circuit_breaker(name = "on.timed_failed", failure_threshold = 1, call_timeout = "1s", fallback_on = "failed", fallback = |_, cause| {
    assert!(matches!(cause, CallError::TimedOut(_)));
    Ok("reserve")
})]
async fn timed_failed(unique: Unique) -> Answer {
    std::future::pending::<()>().await;
    drop(unique);
    Ok("never")
}

#[tokio::test(start_paused = true)]
async fn a_call_that_took_too_long_is_a_failed_one() {
    assert!(
        matches!(send(timed(Unique(1))).await, Err(Fault::Unavailable(e)) if !e.is_rejection())
    );
    assert!(timed(Unique(1)).await.is_err());
    assert_eq!(timed(Unique(1)).await.ok(), Some("reserve"));
    assert_eq!(send(timed_failed(Unique(1))).await.ok(), Some("reserve"));
    assert!(timed_failed(Unique(1)).await.is_err_and(|fault| fault.is_rejection()));
}
