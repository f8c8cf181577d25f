//! No way to end, or not to end, a call leaves a permit behind.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use tokio::sync::Barrier;

use super::*;

const TIMES: u32 = 1000;

/// The breaker's one permit has come back: one more caller has it, and a second has not.
async fn assert_one_permit(breaker: &CircuitBreaker) {
    assert_eq!(breaker.state(), State::HalfOpen);
    let probe = hang(breaker);
    assert!(matches!(rejection(breaker).await, CircuitError::HalfOpen { .. }));
    drop(probe);
}

#[tokio::test(start_paused = true)]
async fn given_probes_when_each_is_cancelled_then_none_leaves_its_permit_behind() {
    let breaker = due(settings()).await;

    for _ in 0..TIMES {
        drop(hang(&breaker));
    }

    assert_one_permit(&breaker).await;
    assert_eq!(breaker.snapshot().totals.cancelled, u64::from(TIMES) + 1);
}

#[tokio::test(start_paused = true)]
async fn given_probes_when_none_is_polled_then_none_takes_a_permit() {
    let breaker = due(settings()).await;

    let never_polled: Vec<_> =
        (0..TIMES).map(|_| breaker.call(pending::<Result<(), &str>>)).collect();

    assert_one_permit(&breaker).await;
    drop(never_polled);
    assert_one_permit(&breaker).await;
}

#[tokio::test(start_paused = true)]
async fn given_permits_when_each_is_dropped_unused_then_none_is_left_behind() {
    let breaker = due(settings()).await;

    for _ in 0..TIMES {
        drop(breaker.try_acquire().unwrap());
    }

    assert_one_permit(&breaker).await;
}

#[tokio::test(start_paused = true)]
async fn given_probes_when_each_panics_then_none_leaves_its_permit_behind() {
    let breaker = due(settings()).await;

    for _ in 0..TIMES {
        let mut call = Box::pin(breaker.call(|| async { panic_with(1) }));
        catch_unwind(AssertUnwindSafe(|| poll_once(call.as_mut()))).unwrap_err();
        drop(call);
        assert_eq!(breaker.state(), State::Open);
        advance(RECOVERY).await;
    }

    assert_one_permit(&breaker).await;
    assert_eq!(breaker.snapshot().openings, u64::from(TIMES) + 1);
}

#[tokio::test(start_paused = true)]
async fn given_permits_when_their_holder_panics_then_they_go_back() {
    let breaker = due(settings()).await;

    for _ in 0..TIMES {
        let holder = || {
            let _permit = breaker.try_acquire().unwrap();
            panic_with(1)
        };
        catch_unwind(AssertUnwindSafe(holder)).unwrap_err();
    }

    assert_one_permit(&breaker).await;
}

#[tokio::test(start_paused = true)]
async fn given_tasks_with_probes_when_each_is_aborted_then_none_leaves_its_permit_behind() {
    let breaker = due(settings()).await;

    for _ in 0..TIMES {
        let shared = breaker.clone();
        let task = tokio::spawn(async move { shared.call(pending::<Result<(), &str>>).await });
        tokio::task::yield_now().await;
        assert!(breaker.try_acquire().is_err(), "the task's call is under way");
        task.abort();
        assert!(task.await.is_err());
    }

    assert_one_permit(&breaker).await;
}

#[tokio::test(start_paused = true)]
async fn given_all_permits_in_flight_when_some_come_back_then_exactly_so_many_go_out_again() {
    let breaker = due(settings().half_open_max_calls(100).success_threshold(1000)).await;
    let mut probes: Vec<_> = (0..100).map(|_| breaker.try_acquire().unwrap()).collect();

    for back in [1, 50, 99, 100] {
        probes.truncate(100 - back);
        probes.extend(std::iter::from_fn(|| breaker.try_acquire().ok()));
        assert_eq!(probes.len(), 100, "after {back} came back");
    }
}

/// Due for probes on a clock that cannot be paused, since these tests need threads.
async fn due_at_once(settings: ConfigBuilder) -> CircuitBreaker {
    let hour = Duration::from_secs(3600);
    let breaker = breaker(settings.failure_threshold(1).recovery_timeout(NANO).probe_timeout(hour));
    fail(&breaker).await.unwrap_err();
    while breaker.state() != State::HalfOpen {
        // The clock of some systems ticks slower than a nanosecond.
        tokio::task::yield_now().await;
    }
    breaker
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn given_seven_permits_when_a_thousand_tasks_race_for_them_then_exactly_seven_pass() {
    const TASKS: usize = 1000;
    let breaker = due_at_once(settings().half_open_max_calls(7).success_threshold(7)).await;
    let (ready, tried) = (Arc::new(Barrier::new(TASKS)), Arc::new(Barrier::new(TASKS)));

    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            let (breaker, ready, tried) = (breaker.clone(), Arc::clone(&ready), Arc::clone(&tried));
            tokio::spawn(async move {
                ready.wait().await;
                // A probe is under way until all have tried.
                let probe = breaker.call(|| async {
                    tried.wait().await;
                    Ok::<_, &str>(())
                });
                let passed = probe.await.is_ok();
                if !passed {
                    tried.wait().await;
                }
                passed
            })
        })
        .collect();
    let mut passed = 0;
    for task in tasks {
        passed += u32::from(task.await.unwrap());
    }

    assert_eq!(passed, 7);
    let after = breaker.snapshot();
    assert_eq!(after.state, State::Closed, "each of the seven was counted");
    assert_eq!((after.totals.calls, after.totals.rejected), (8, 993));
    assert_eq!((after.totals.successes, after.totals.failures), (7, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn given_one_permit_when_threads_take_and_return_it_then_never_do_two_have_it() {
    let breaker = due_at_once(settings()).await;
    let held = Arc::new(std::sync::atomic::AtomicU32::new(0));

    let threads: Vec<_> = (0..4)
        .map(|_| {
            let (breaker, held) = (breaker.clone(), Arc::clone(&held));
            std::thread::spawn(move || {
                let mut had = 0;
                for _ in 0..10_000 {
                    let Ok(permit) = breaker.try_acquire() else { continue };
                    let before = held.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                    assert_eq!(before, 0, "another has it too");
                    held.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                    permit.ignore();
                    had += 1;
                }
                had
            })
        })
        .collect();
    let had: u64 = threads.into_iter().map(|thread| thread.join().unwrap()).sum();

    assert!(had > 0);
    assert_eq!(breaker.snapshot().totals.ignored, had);
    assert!(breaker.try_acquire().is_ok(), "it is back");
}
