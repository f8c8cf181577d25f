//! A task that waits for the lease of a probe, from a Redis that does not answer: the thread is free meanwhile.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use cb_runtime::State;
#[cfg(feature = "tower")]
use cb_runtime::integrations::tower::CircuitBreakerLayer;

use super::{server::RedisServer, through_redis::*};

/// For which a call waits.
const WAIT: Duration = Duration::from_secs(1);

/// So often another task of the thread is to have its turn meanwhile.
const TURNS: u32 = 10;

/// An instance whose breaker is due, and whose Redis has been frozen since.
struct Frozen {
    instance: Instance,
    server: RedisServer,
}

impl Frozen {
    fn new() -> Option<Self> {
        let server = server()?;
        let options = options().lease_wait(WAIT).timeout(PATIENCE).read_again(PATIENCE);
        let settings = settings()
            .recovery_timeout(Duration::from_millis(50))
            .probe_timeout(Duration::from_secs(60))
            .half_open_max_calls(1)
            .success_threshold(1);
        let instance = Instance::connected(&server.url(), options, settings);
        instance.trip();
        within(PATIENCE, "it is due", || instance.state() == State::HalfOpen);
        signal(server.id(), "-STOP");
        Some(Self { instance, server })
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        signal(self.server.id(), "-CONT");
    }
}

/// Runs a call on a thread's only runtime, and another task beside it.
fn beside_another_task<T>(call: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let turns = Arc::new(AtomicU32::new(0));
        let taken = Arc::clone(&turns);
        let other = tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_millis(1)).await;
                taken.fetch_add(1, Ordering::Relaxed);
            }
        });
        let begun = Instant::now();
        let answer = call.await;
        other.abort();
        assert!(begun.elapsed() >= WAIT, "nothing was waited for");
        let turns = turns.load(Ordering::Relaxed);
        assert!(turns >= TURNS, "the thread was held: {turns} turns");
        answer
    })
}

#[test]
fn given_a_frozen_redis_when_a_call_waits_for_its_lease_then_other_tasks_go_on() {
    let Some(frozen) = Frozen::new() else { return };
    let breaker = &frozen.instance.breaker;
    let answer = beside_another_task(breaker.call(|| async { Ok::<_, ()>("probed") }));
    assert_eq!(answer, Ok("probed"), "without an answer the breaker decides alone");
    assert_eq!(frozen.instance.state(), State::Closed);
}

#[test]
fn given_a_frozen_redis_when_a_task_of_another_executor_calls_then_its_thread_waits() {
    let Some(frozen) = Frozen::new() else { return };
    let call = pin!(frozen.instance.breaker.call(|| async { Ok::<_, ()>("probed") }));
    let begun = Instant::now();
    let answer = call.poll(&mut Context::from_waker(Waker::noop()));
    assert_eq!(answer, Poll::Ready(Ok("probed")));
    assert!(begun.elapsed() >= WAIT, "{:?}", begun.elapsed());
}

#[test]
fn given_a_frozen_redis_when_a_permit_is_acquired_then_other_tasks_go_on() {
    let Some(frozen) = Frozen::new() else { return };
    beside_another_task(frozen.instance.breaker.acquire()).unwrap().success();
    assert_eq!(frozen.instance.state(), State::Closed);
}

#[test]
fn given_a_frozen_redis_when_a_caller_gives_up_then_the_permit_is_free_again() {
    let Some(frozen) = Frozen::new() else { return };
    let breaker = &frozen.instance.breaker;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let given_up =
        runtime.block_on(async { tokio::time::timeout(WAIT / 10, breaker.acquire()).await });
    assert!(given_up.is_err(), "it waited");
    // Who is the next to ask, waits too: so a permit was free.
    beside_another_task(breaker.acquire()).unwrap().success();
}

#[test]
fn given_a_frozen_redis_when_a_thread_asks_then_it_waits_so_long_and_no_longer() {
    let Some(frozen) = Frozen::new() else { return };
    let begun = Instant::now();
    frozen.instance.breaker.try_acquire().unwrap().success();
    assert!(begun.elapsed() >= WAIT, "{:?}", begun.elapsed());
    assert!(begun.elapsed() < PATIENCE, "{:?}", begun.elapsed());
}

#[cfg(feature = "tower")]
#[test]
fn given_a_frozen_redis_when_a_layered_service_is_called_then_other_tasks_go_on() {
    use tower::{Layer as _, Service as _, ServiceExt as _};

    let Some(frozen) = Frozen::new() else { return };
    let within = tower::service_fn(|number: u32| async move { Ok::<_, String>(number + 1) });
    let layer = CircuitBreakerLayer::new(frozen.instance.breaker.clone());
    let layer = layer.errors_only().waiting_in_future();
    let mut service = layer.layer(within);
    let answer = beside_another_task(async {
        let service = service.ready().await.unwrap();
        let begun = Instant::now();
        let call = service.call(1);
        assert!(begun.elapsed() < WAIT, "the call itself waited");
        call.await
    });
    assert_eq!(answer, Ok(2));
    assert_eq!(frozen.instance.state(), State::Closed);
}

#[cfg(feature = "tower")]
#[test]
fn given_a_service_that_cannot_be_cloned_when_it_is_to_probe_then_its_thread_waits() {
    use tower::{Layer as _, ServiceExt as _, util::BoxService};

    let Some(frozen) = Frozen::new() else { return };
    let within = tower::service_fn(|number: u32| async move { Ok::<_, String>(number + 1) });
    let layer = CircuitBreakerLayer::new(frozen.instance.breaker.clone());
    let service = layer.errors_only().layer(BoxService::new(within));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let begun = Instant::now();
    assert_eq!(runtime.block_on(service.oneshot(1)), Ok(2));
    assert!(begun.elapsed() >= WAIT, "{:?}", begun.elapsed());
}
