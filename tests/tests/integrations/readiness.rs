//! The service within is called only when it is ready, and nobody waits for it in vain.

use std::{
    future::{Ready, ready},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use cb_runtime::integrations::tower::CircuitBreakerLayer;
use tokio::time::advance;
use tower::Layer;

use super::*;

/// Ready where it is told to be; fails a test that calls it before it has said so. A clone has said
/// nothing yet.
#[derive(Default)]
struct Gate {
    state: Arc<GateState>,
    has_said_so: bool,
}

#[derive(Default)]
struct GateState {
    is_closed: AtomicBool,
    is_broken: AtomicBool,
    asked: AtomicU32,
    calls: AtomicU32,
}

impl Clone for Gate {
    fn clone(&self) -> Self {
        Self { state: Arc::clone(&self.state), has_said_so: false }
    }
}

impl Service<Wanted> for Gate {
    type Response = u32;
    type Error = &'static str;
    type Future = Ready<Wanted>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), &'static str>> {
        self.state.asked.fetch_add(1, Ordering::Relaxed);
        if self.state.is_broken.load(Ordering::Relaxed) {
            return Poll::Ready(Err("broken"));
        }
        self.has_said_so = !self.state.is_closed.load(Ordering::Relaxed);
        if self.has_said_so { Poll::Ready(Ok(())) } else { Poll::Pending }
    }

    fn call(&mut self, wanted: Wanted) -> Ready<Wanted> {
        assert!(self.has_said_so, "called without being ready");
        self.has_said_so = false;
        self.state.calls.fetch_add(1, Ordering::Relaxed);
        ready(wanted)
    }
}

struct Setup<S> {
    breaker: CircuitBreaker,
    gate: Arc<GateState>,
    service: S,
}

fn setup() -> Setup<impl Service<Wanted, Response = u32, Error = CallError<&'static str>> + Clone> {
    let breaker = breaker();
    let gate = Gate::default();
    let state = Arc::clone(&gate.state);
    let service = CircuitBreakerLayer::new(breaker.clone()).errors_only().layer(gate);
    Setup { breaker, gate: state, service }
}

fn is_ready<S: Service<Wanted>>(service: &mut S) -> bool {
    service.poll_ready(&mut Context::from_waker(Waker::noop())).is_ready()
}

#[tokio::test(start_paused = true)]
async fn a_closed_breaker_is_ready_when_the_service_is() {
    let Setup { gate, mut service, .. } = setup();
    gate.is_closed.store(true, Ordering::Relaxed);
    assert!(!is_ready(&mut service));
    gate.is_closed.store(false, Ordering::Relaxed);
    assert_eq!(call(&mut service, Ok(1)).await, Ok(1));
}

#[tokio::test(start_paused = true)]
async fn an_open_breaker_rejects_at_once_though_the_service_is_full() {
    let Setup { breaker, gate, mut service } = setup();
    open(&mut service, &breaker).await;
    gate.is_closed.store(true, Ordering::Relaxed);
    let asked = gate.asked.load(Ordering::Relaxed);

    let error = rejection(call(&mut service, Ok(1)).await);

    assert!(matches!(error, CircuitError::Open { .. }));
    assert_eq!(gate.asked.load(Ordering::Relaxed), asked, "nothing is reserved in the service");
    assert_eq!(breaker.snapshot().totals.rejected, 1);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_was_not_asked_and_is_full_is_not_called() {
    let Setup { breaker, gate, mut service } = setup();
    open(&mut service, &breaker).await;
    gate.is_closed.store(true, Ordering::Relaxed);
    assert!(is_ready(&mut service));
    advance(RECOVERY).await;
    assert_eq!(breaker.state(), State::HalfOpen);

    let error = rejection(service.call(Ok(1)).await);

    assert!(
        matches!(error, CircuitError::Open { .. }),
        "it was open when the caller asked: {error}"
    );
    assert_eq!(gate.calls.load(Ordering::Relaxed), 3);
    assert!(!is_ready(&mut service), "from here on, it is a matter of the service");
    gate.is_closed.store(false, Ordering::Relaxed);
    assert_eq!(call(&mut service, Ok(1)).await, Ok(1));
    assert_eq!(breaker.state(), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn once_ready_it_stays_so_until_the_call() {
    let Setup { breaker, gate, mut service } = setup();
    open(&mut service, &breaker).await;
    gate.is_closed.store(true, Ordering::Relaxed);
    assert!(is_ready(&mut service));
    advance(RECOVERY).await;
    assert!(is_ready(&mut service), "as `Service::poll_ready` promises");
    rejection(service.call(Ok(1)).await);
    assert!(!is_ready(&mut service));
}

#[tokio::test(start_paused = true)]
async fn a_clone_has_not_been_told_that_it_is_ready() {
    let Setup { breaker, gate, mut service } = setup();
    open(&mut service, &breaker).await;
    gate.is_closed.store(true, Ordering::Relaxed);
    assert!(is_ready(&mut service));
    breaker.reset();
    assert!(!is_ready(&mut service.clone()));
}

#[tokio::test(start_paused = true)]
async fn a_service_that_was_not_asked_and_is_ready_takes_the_probe() {
    let Setup { breaker, mut service, .. } = setup();
    open(&mut service, &breaker).await;
    assert!(is_ready(&mut service));
    advance(RECOVERY).await;

    assert_eq!(service.call(Ok(1)).await, Ok(1));
    assert_eq!(breaker.state(), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_was_not_asked_and_is_broken_is_not_called() {
    let Setup { breaker, gate, mut service } = setup();
    open(&mut service, &breaker).await;
    assert!(is_ready(&mut service));
    advance(RECOVERY).await;
    gate.is_broken.store(true, Ordering::Relaxed);

    rejection(service.call(Ok(1)).await);
    assert_eq!(call(&mut service, Ok(1)).await, Err(CallError::Failed("broken")));
    assert_eq!(gate.calls.load(Ordering::Relaxed), 3);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_never_becomes_ready_is_no_call() {
    let Setup { breaker, gate, mut service } = setup();
    gate.is_broken.store(true, Ordering::Relaxed);
    assert_eq!(call(&mut service, Ok(1)).await, Err(CallError::Failed("broken")));
    let totals = breaker.snapshot().totals;
    assert_eq!((totals.calls, totals.failures), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_service_that_was_ready_when_the_breaker_opened_is_called_later() {
    let Setup { breaker, gate, mut service } = setup();
    assert!(is_ready(&mut service));
    for _ in 0..3 {
        breaker.try_acquire().unwrap().failure();
    }
    rejection(service.call(Ok(1)).await);
    assert_eq!(gate.calls.load(Ordering::Relaxed), 0);

    advance(RECOVERY).await;
    assert_eq!(call(&mut service, Ok(1)).await, Ok(1));
}

#[tokio::test(start_paused = true)]
async fn a_breaker_forced_open_is_said_to_be_that() {
    let Setup { breaker, mut service, .. } = setup();
    breaker.force_open_for(SECOND);
    assert!(is_ready(&mut service));
    let error = rejection(service.call(Ok(1)).await);
    assert!(matches!(error, CircuitError::ForcedOpen { .. }));
    assert_eq!(error.retry_after(), Some(SECOND));
}
