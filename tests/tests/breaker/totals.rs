use std::{sync::Barrier, thread};

use super::*;

/// Never opens, so that every call passes.
fn counting() -> CircuitBreaker {
    breaker(settings().failure_threshold(u32::MAX))
}

/// Five calls, one of each way to end.
fn one_of_each(breaker: &CircuitBreaker) {
    breaker.call_blocking(|| Ok::<_, &str>(())).unwrap();
    breaker.call_blocking(|| Err::<(), _>("refused")).unwrap_err();
    breaker.try_acquire().unwrap().success();
    breaker.try_acquire().unwrap().ignore();
    drop(hang(breaker));
}

/// What has been counted is so many times [`one_of_each`].
fn assert_counted(breaker: &CircuitBreaker, times: u64) {
    let totals = breaker.snapshot().totals;
    assert_eq!(totals.calls, 5 * times);
    assert_eq!(totals.successes, 2 * times);
    assert_eq!(totals.failures, times);
    assert_eq!(totals.ignored, times);
    assert_eq!(totals.cancelled, times);
    assert_eq!(totals.rejected, 0);
}

#[test]
fn given_eight_threads_when_each_makes_a_hundred_thousand_calls_then_none_is_lost() {
    let breaker = counting();

    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..20_000).for_each(|_| one_of_each(&breaker)));
        }
    });

    assert_counted(&breaker, 8 * 20_000);
}

#[test]
fn given_a_forced_open_breaker_when_threads_are_rejected_then_none_is_lost() {
    let breaker = counting();
    breaker.force_open();

    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..100_000 {
                    assert!(breaker.try_acquire().is_err());
                }
            });
        }
    });

    let totals = breaker.snapshot().totals;
    assert_eq!((totals.calls, totals.rejected), (0, 800_000));
}

#[test]
fn given_short_lived_threads_when_they_come_one_after_another_then_none_is_lost() {
    // Each takes over the counters that the one before left.
    let breaker = counting();

    for _ in 0..100 {
        thread::scope(|scope| {
            scope.spawn(|| (0..100).for_each(|_| one_of_each(&breaker)));
        });
    }

    assert_counted(&breaker, 100 * 100);
}

#[test]
fn given_short_lived_threads_when_they_come_and_go_at_once_then_none_is_lost() {
    let breaker = counting();

    thread::scope(|scope| {
        for number in 0..100 {
            let breaker = &breaker;
            scope.spawn(move || (0..number).for_each(|_| one_of_each(breaker)));
        }
    });

    assert_counted(&breaker, 99 * 100 / 2);
}

#[test]
fn given_more_threads_than_can_own_counters_when_all_live_at_once_then_none_is_lost() {
    const THREADS: usize = 100;
    let breaker = counting();
    let all_alive = Barrier::new(THREADS);

    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                one_of_each(&breaker);
                all_alive.wait();
                (0..99).for_each(|_| one_of_each(&breaker));
                all_alive.wait();
            });
        }
    });

    assert_counted(&breaker, 100 * 100);
}

#[test]
fn given_a_call_when_it_begins_and_ends_on_two_threads_then_it_is_counted_once() {
    let breaker = counting();

    for _ in 0..100 {
        let permit = breaker.try_acquire().unwrap();
        thread::scope(|scope| {
            scope.spawn(|| permit.success());
        });
    }

    let totals = breaker.snapshot().totals;
    assert_eq!((totals.calls, totals.successes), (100, 100));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn given_tasks_that_wander_between_threads_when_they_call_then_none_is_lost() {
    let breaker = counting();

    let tasks: Vec<_> = (0..100)
        .map(|_| {
            let breaker = breaker.clone();
            tokio::spawn(async move {
                for _ in 0..100 {
                    let body = || async {
                        tokio::task::yield_now().await;
                        Ok::<_, &str>(())
                    };
                    breaker.call(body).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }

    let totals = breaker.snapshot().totals;
    assert_eq!((totals.calls, totals.successes), (10_000, 10_000));
}

#[tokio::test(start_paused = true)]
async fn given_calls_under_way_when_the_totals_are_read_then_they_are_among_the_calls_only() {
    let breaker = counting();
    let call = hang(&breaker);

    let totals = breaker.snapshot().totals;
    assert_eq!((totals.calls, totals.successes, totals.cancelled), (1, 0, 0));

    drop(call);
    assert_eq!(breaker.snapshot().totals.cancelled, 1);
}

#[tokio::test(start_paused = true)]
async fn given_totals_when_the_breaker_is_reset_then_they_are_kept() {
    let breaker = opened(settings()).await;
    rejection(&breaker).await;
    let before = breaker.snapshot();

    breaker.reset();

    let after = breaker.snapshot();
    assert_eq!((after.totals, after.openings), (before.totals, before.openings));
}
