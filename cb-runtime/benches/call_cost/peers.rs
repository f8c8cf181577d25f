//! Other breakers for Rust, with settings as near to ours as they have: they open after failures in a
//! row where they can, and by a share of the calls where they cannot.

use std::{
    error::Error,
    future::{Ready, ready},
    hint::black_box,
    time::{Duration, Instant},
};

use breaker::{CircuitBreaker as Breaker, CircuitBreakerConfig, CircuitBreakerError};
use failsafe::{StateMachine, backoff, failure_policy};
use recloser::{AsyncRecloser, Recloser};
use tower::{Service as _, ServiceExt as _, util::ServiceFn};
use tower_resilience_circuitbreaker::{
    CircuitBreaker as Layered, CircuitBreakerLayer, DefaultClassifier,
};

use crate::{
    body::{ANSWER, Failed, answer, answer_later},
    rows::{Batch, Row, on_runtime},
};

/// Longer than a run takes.
const OPEN_FOR: Duration = Duration::from_secs(3600);

const FAILURES: u32 = 5;

type Failsafe = StateMachine<failure_policy::ConsecutiveFailures<backoff::Constant>, ()>;
pub(crate) type Tower =
    Layered<ServiceFn<fn(Answer) -> Ready<Result<u64, Failed>>>, DefaultClassifier>;

/// What the service behind the tower layer is asked for.
#[derive(Clone, Copy)]
pub(crate) enum Answer {
    Success,
    Failure,
}

/// One breaker of each kind, kept for as long as the program runs.
struct Peers {
    recloser: &'static Recloser,
    recloser_async: &'static AsyncRecloser,
    breaker: &'static Breaker,
    failsafe: &'static Failsafe,
    tower: Tower,
}

pub(crate) fn closed() -> Result<Vec<Row>, Box<dyn Error>> {
    let rows = Peers::new()?.rows(Some(ANSWER));
    Ok(rows.into_iter().map(Row::shared).collect())
}

pub(crate) fn open() -> Result<Vec<Row>, Box<dyn Error>> {
    let peers = Peers::new()?;
    peers.open();
    Ok(peers.rows(None))
}

impl Peers {
    fn new() -> Result<Self, Box<dyn Error>> {
        Ok(Self {
            recloser: Box::leak(Box::new(recloser())),
            recloser_async: Box::leak(Box::new(AsyncRecloser::from(recloser()))),
            breaker: Box::leak(Box::new(breaker())),
            failsafe: Box::leak(Box::new(failsafe())),
            tower: tower()?,
        })
    }

    /// Opens them all, by failures where nothing else does.
    fn open(&self) {
        self.breaker.trip();
        on_runtime(async {
            let mut tower = self.tower.clone();
            // The one that counts shares wants more calls than the others before it decides.
            for _ in 0..1000 {
                let _ = self.recloser.call(|| Err::<u64, _>(Failed));
                let _ = self.recloser_async.call(ready(Err::<u64, _>(Failed))).await;
                let _ = failsafe::CircuitBreaker::call(self.failsafe, || Err::<u64, _>(Failed));
                let _ = tower.call(Answer::Failure).await;
            }
        });
    }

    fn rows(self, expected: Option<u64>) -> Vec<Row> {
        let Self { recloser, recloser_async, breaker, failsafe, tower } = self;
        vec![
            Row::blocking(
                "recloser 1.4, sync",
                expected,
                move || recloser.call(answer),
                Result::ok,
            ),
            Row::awaited(
                "recloser 1.4, async",
                expected,
                move || recloser_async.call(answer_later()),
                Result::ok,
            ),
            Row::awaited(
                "breaker 2.0, async",
                expected,
                move || breaker.call(answer_later),
                Result::<_, CircuitBreakerError<Failed>>::ok,
            ),
            Row::blocking(
                "failsafe 1.3, sync",
                expected,
                move || failsafe::CircuitBreaker::call(failsafe, answer),
                Result::ok,
            ),
            Row::awaited(
                "failsafe 1.3, async",
                expected,
                move || failsafe::futures::CircuitBreaker::call(failsafe, answer_later()),
                Result::ok,
            ),
            tower_row(expected, tower),
        ]
    }
}

/// A tower service is called by `&mut`, so each batch has a clone of its own of the one breaker.
fn tower_row(expected: Option<u64>, tower: Tower) -> Row {
    let probed = tower.clone();
    let batch: Batch = Box::new(move |calls| {
        let mut tower = tower.clone();
        on_runtime(async move {
            let start = Instant::now();
            for _ in 0..calls {
                black_box(&call(&mut tower).await);
            }
            start.elapsed()
        })
        .unwrap_or_default()
    });
    let probe = Box::new(move || {
        let mut tower = probed.clone();
        on_runtime(async move { call(&mut tower).await }).flatten()
    });
    Row::by_hand("tower-resilience 0.14", expected, batch, probe)
}

async fn call(tower: &mut Tower) -> Option<u64> {
    tower.ready().await.ok()?.call(Answer::Success).await.ok()
}

fn serve(wanted: Answer) -> Ready<Result<u64, Failed>> {
    ready(match wanted {
        Answer::Success => answer(),
        Answer::Failure => Err(Failed),
    })
}

pub(crate) fn recloser() -> Recloser {
    Recloser::custom().open_wait(OPEN_FOR).build()
}

pub(crate) fn breaker() -> Breaker {
    Breaker::new(CircuitBreakerConfig::builder().wait_duration(OPEN_FOR).build())
}

pub(crate) fn failsafe() -> Failsafe {
    let policy = failure_policy::consecutive_failures(FAILURES, backoff::constant(OPEN_FOR));
    failsafe::Config::new().failure_policy(policy).build()
}

fn tower() -> Result<Tower, Box<dyn Error>> {
    let layer = CircuitBreakerLayer::builder()
        .consecutive_failures(FAILURES as usize)
        .wait_duration_in_open(OPEN_FOR)
        .build()?;
    Ok(layer.layer_fn(tower::service_fn(serve as fn(Answer) -> _)))
}

/// A breaker behind a tower service that has served one call.
pub(crate) fn used_tower() -> Option<Tower> {
    let mut tower = tower().ok()?;
    on_runtime(call(&mut tower))?;
    Some(tower)
}
