//! The breaker as a program uses it: through its public interface, on a paused clock.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a helper of a test fails the test")]
#![allow(clippy::unchecked_time_subtraction, reason = "the times are constants of the tests")]

mod backoff;
mod call;
mod call_events;
mod closed;
mod errors;
mod events;
mod half_open;
mod handlers;
mod handlers_failures;
mod handlers_outages;
mod health_check;
mod idle;
mod keyed;
mod late_answers;
mod listeners;
mod logs;
mod modes;
mod open;
mod outcomes;
mod permits;
mod reconfigure;
mod reconfigure_calls;
mod registry;
mod shed;
mod slow;
mod snapshot;
mod spans;
mod totals;
mod windows;

use std::{
    future::pending,
    panic::resume_unwind,
    pin::Pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use cb_runtime::{CallError, CircuitBreaker, CircuitError, Config, ConfigBuilder, State};
use tokio::{sync::oneshot, time::advance};

const NANO: Duration = Duration::from_nanos(1);
const SECOND: Duration = Duration::from_secs(1);
const RECOVERY: Duration = Duration::from_secs(30);

/// What the calls of these tests end in.
type Answer = Result<(), CallError<&'static str>>;

const FAILED: Answer = Err(CallError::Failed("refused"));

/// Three failures open, for [`RECOVERY`]; one probe at a time, and one success closes.
fn settings() -> ConfigBuilder {
    Config::builder().failure_threshold(3).recovery_timeout(RECOVERY)
}

fn breaker(settings: ConfigBuilder) -> CircuitBreaker {
    CircuitBreaker::new("orders", settings.build().unwrap())
}

async fn succeed(breaker: &CircuitBreaker) -> Answer {
    breaker.call(|| async { Ok(()) }).await
}

async fn fail(breaker: &CircuitBreaker) -> Answer {
    breaker.call(|| async { Err("refused") }).await
}

/// Opened just now by a row of failures.
async fn opened(settings: ConfigBuilder) -> CircuitBreaker {
    let breaker = breaker(settings);
    open(&breaker).await;
    breaker
}

async fn open(breaker: &CircuitBreaker) {
    for _ in 0..breaker.config().failure_threshold() {
        assert_eq!(fail(breaker).await, FAILED);
    }
    assert_eq!(breaker.state(), State::Open);
}

/// Opened, and the open time is over to the nanosecond.
async fn due(settings: ConfigBuilder) -> CircuitBreaker {
    let breaker = opened(settings).await;
    advance(breaker.config().recovery_timeout()).await;
    breaker
}

/// The breaker's answer to a call that it does not let pass.
async fn rejection(breaker: &CircuitBreaker) -> CircuitError {
    match succeed(breaker).await {
        Err(CallError::Rejected(error)) => error,
        other => unreachable!("the call was to be rejected, but ended in {other:?}"),
    }
}

/// A panic without its message on the test's output, and with a payload that no library makes.
fn panic_with(payload: u32) -> Result<(), &'static str> {
    resume_unwind(Box::new(payload))
}

fn poll_once<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// A call that never ends, begun.
fn hang(breaker: &CircuitBreaker) -> Pin<Box<dyn Future<Output = Answer> + '_>> {
    let mut call: Pin<Box<dyn Future<Output = Answer>>> = Box::pin(breaker.call(pending));
    assert_eq!(poll_once(call.as_mut()), Poll::Pending, "the call is under way");
    call
}

/// A call under way that ends when it is told to.
struct Flight<'a> {
    answer: oneshot::Sender<Result<(), &'static str>>,
    call: Pin<Box<dyn Future<Output = Answer> + 'a>>,
}

impl<'a> Flight<'a> {
    fn begin(breaker: &'a CircuitBreaker) -> Self {
        let (answer, answered) = oneshot::channel();
        let body = async { answered.await.unwrap_or(Err("nobody answers")) };
        let mut call: Pin<Box<dyn Future<Output = Answer>>> = Box::pin(breaker.call(|| body));
        assert_eq!(poll_once(call.as_mut()), Poll::Pending, "the call is under way");
        Self { answer, call }
    }

    async fn succeed(self) {
        self.answer.send(Ok(())).unwrap();
        assert_eq!(self.call.await, Ok(()));
    }

    async fn fail(self) {
        self.answer.send(Err("refused")).unwrap();
        assert_eq!(self.call.await, FAILED);
    }

    fn cancel(self) {
        drop(self.call);
    }
}

/// Random numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    /// Below `sides`.
    fn throw(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}
