//! What one test does, no other meets.

use std::{
    sync::{Arc, Barrier},
    thread,
};

use cb_runtime::{Registry, State, assert_state, registry, testing};
use tokio::task::JoinSet;

use super::*;

fn is_present(registry: &'static Registry) -> bool {
    std::ptr::eq(registry, cb_runtime::registry())
}

#[tokio::test]
async fn the_registry_is_the_tests_inside_and_the_programs_outside() {
    let program = registry();

    let (first, second) =
        (testing::isolated(async { registry() }), testing::isolated(async { registry() }));
    let (first, second) = (first.await, second.await);

    assert!(is_present(program));
    assert!(!is_present(first) && !is_present(second) && !std::ptr::eq(first, second));
}

#[tokio::test]
async fn calls_leave_nothing_in_the_programs_registry() {
    testing::isolated(async {
        assert!(registry().get("testing.stock").is_none(), "nobody has called it");
        stock(true).await.unwrap();
        price(true).unwrap();
        assert_eq!(registry().iter().count(), 2);
    })
    .await;

    testing::isolated(async { assert_eq!(registry().iter().count(), 0) }).await;
    assert!(registry().iter().all(|breaker| breaker.name() != "testing.price"));
}

#[circuit_breaker(name = "testing.shared", failure_threshold = 2)]
async fn shared(up: bool) -> anyhow::Result<()> {
    anyhow::ensure!(up, "no connection");
    Ok(())
}

#[tokio::test]
async fn a_function_that_the_program_has_called_before_is_the_tests_all_the_same() {
    shared(true).await.unwrap();

    testing::isolated(async {
        for _ in 0..2 {
            shared(false).await.unwrap_err();
        }
        assert_state!("testing.shared", State::Open);
    })
    .await;

    shared(true).await.unwrap();
    assert_eq!(testing::breaker("testing.shared").snapshot().totals.failures, 0);
}

#[test]
fn many_tests_at_once_on_threads_of_their_own() {
    let together = Barrier::new(8);
    thread::scope(|scope| {
        for number in 0..8 {
            let together = &together;
            scope.spawn(move || {
                testing::isolated_blocking(|| {
                    together.wait();
                    for call in 0..100 {
                        // Every other of the tests has its breaker opened by the second call.
                        let answer = price(number % 2 == 0);
                        assert_eq!(answer.is_ok(), number % 2 == 0, "call {call}");
                    }
                    let totals = testing::breaker("testing.price").snapshot().totals;
                    let made = if number % 2 == 0 { (100, 0) } else { (2, 98) };
                    assert_eq!((totals.calls, totals.rejected), made);
                });
            });
        }
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_tests_at_once_whose_tasks_move_between_threads() {
    let mut tests = JoinSet::new();
    for number in 0_u64..64 {
        tests.spawn(testing::isolated(async move {
            let own = registry();
            for call in 0..100 {
                assert!(is_present(own));
                let _ = stock(call % 3 == 0 || number % 2 == 0).await;
                tokio::task::yield_now().await;
            }
            (number, testing::breaker("testing.stock").snapshot())
        }));
    }
    for (number, found) in tests.join_all().await {
        let successes = if number % 2 == 0 { 100 } else { 34 };
        assert_eq!((found.totals.calls, found.totals.successes), (100, successes));
        assert_eq!(found.state, State::Closed, "never three failures in a row");
    }
    assert!(registry().get("testing.stock").is_none(), "no call has gone astray");
}

#[circuit_breaker(name = "testing.keyed", key = tenant, failure_threshold = 1)]
async fn keyed(tenant: &str, up: bool) -> anyhow::Result<()> {
    anyhow::ensure!(up, "no connection");
    Ok(())
}

#[tokio::test]
async fn keyed_breakers() {
    let test = |up: bool| {
        testing::isolated(async move {
            let _ = keyed("acme", up).await;
            keyed("other", true).await.unwrap();
            let found: Vec<_> =
                registry().iter().map(|one| (one.name().to_owned(), one.state())).collect();
            let first = if up { State::Closed } else { State::Open };
            let expected =
                [("testing.keyed[acme]", first), ("testing.keyed[other]", State::Closed)];
            assert_eq!(found, expected.map(|(name, state)| (name.to_owned(), state)));
        })
    };
    tokio::join!(test(false), test(true));
    assert!(registry().get("testing.keyed[acme]").is_none());
}

#[circuit_breaker(
    name = "testing.stale",
    failure_threshold = 1,
    retry(max_attempts = 2, delay = "1s"),
    stale_if_error(max_age = "1h", key = id),
    fallback = |id, _| Ok(id * 100),
)]
async fn remembered(id: u32, up: bool) -> anyhow::Result<u32> {
    anyhow::ensure!(up, "no connection");
    Ok(id)
}

#[tokio::test(start_paused = true)]
async fn stale_answers_retries_and_fallbacks() {
    let warm = testing::isolated(async {
        assert_eq!(remembered(5, true).await.unwrap(), 5);
        assert_eq!(remembered(5, false).await.unwrap(), 5, "the stale answer");
        let totals = testing::breaker("testing.stale").snapshot().totals;
        assert_eq!((totals.stale_answers, totals.fallbacks), (1, 0));
    });
    warm.await;

    let cold = testing::isolated(async {
        assert_eq!(remembered(5, false).await.unwrap(), 500, "the answer was another test's");
        assert_eq!(remembered(5, false).await.unwrap(), 500);
        let totals = testing::breaker("testing.stale").snapshot().totals;
        assert_eq!((totals.calls, totals.rejected), (1, 1), "one failure opened it");
        assert_eq!((totals.stale_answers, totals.fallbacks), (0, 2));
    });
    cold.await;
}

#[circuit_breaker(
    name = "testing.retried",
    failure_threshold = 5,
    retry(max_attempts = 3, delay = "1s")
)]
async fn retried() -> anyhow::Result<()> {
    anyhow::bail!("no connection")
}

#[tokio::test(start_paused = true)]
async fn attempts_count_in_the_tests_breaker() {
    testing::isolated(async {
        retried().await.unwrap_err();
        let totals = testing::breaker("testing.retried").snapshot().totals;
        assert_eq!((totals.calls, totals.retries), (3, 2));
    })
    .await;
    assert!(registry().get("testing.retried").is_none());
}

#[circuit_breaker(
    name = "testing.registered",
    service_type = "testing",
    failure_threshold = 1,
    fallback = "registered"
)]
async fn registered() -> anyhow::Result<&'static str> {
    anyhow::bail!("no connection")
}

#[tokio::test]
async fn registered_fallbacks() {
    let with = testing::isolated(async {
        registry().register_fallback::<&'static str>("testing", |_| "registered");
        registered().await.unwrap()
    });
    assert_eq!(with.await, "registered");
    assert!(testing::isolated(registered()).await.is_err(), "that was another test's");
}

#[circuit_breaker(name = "testing.full", max_concurrent = 1)]
async fn crowded() -> anyhow::Result<()> {
    tokio::time::sleep(SECOND).await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_places_of_a_bulkhead() {
    let test = || testing::isolated(async { tokio::join!(crowded(), crowded()) });
    let tests = tokio::join!(test(), test());
    for (first, second) in [tests.0, tests.1] {
        assert!(first.is_ok(), "the place is the test's own");
        assert!(second.is_err());
    }
}

#[tokio::test]
async fn events_are_heard_in_the_test_where_they_happen() {
    let heard = |trips: bool| {
        testing::isolated(async move {
            let mut events = registry().subscribe();
            if trips {
                testing::trip("testing.stock");
            }
            tokio::task::yield_now().await;
            events.try_recv().unwrap().is_some()
        })
    };
    assert_eq!(tokio::join!(heard(true), heard(false)), (true, false));
}

#[tokio::test]
async fn the_inner_of_two_has_a_registry_of_its_own_again() {
    testing::isolated(async {
        let outer = registry();
        stock(true).await.unwrap();
        testing::isolated(async {
            assert!(!is_present(outer));
            testing::trip("testing.stock");
        })
        .await;
        testing::isolated_blocking(|| assert!(!is_present(outer)));
        assert!(is_present(outer));
        assert_state!("testing.stock", State::Closed);
    })
    .await;
}

#[tokio::test]
async fn a_panic_leaves_no_isolation_behind() {
    let program = registry();

    panic_of(|| testing::isolated_blocking(|| panic!("the test fails")));
    assert!(is_present(program));

    let fails = testing::isolated(async { panic!("the test fails") });
    assert!(tokio::spawn(fails).await.is_err());
    assert!(is_present(program));
}

#[tokio::test]
async fn what_a_dropped_test_holds_goes_inside() {
    struct Goes(Arc<std::sync::Mutex<Option<&'static Registry>>>);

    impl Drop for Goes {
        fn drop(&mut self) {
            *self.0.lock().unwrap() = Some(registry());
        }
    }

    let (program, gone) = (registry(), Arc::default());
    let goes = Goes(Arc::clone(&gone));
    let mut own = None;
    let mut test = Box::pin(testing::isolated(async {
        own = Some(registry());
        let _goes = goes;
        std::future::pending::<()>().await;
    }));
    assert!(poll_once(test.as_mut()).await.is_pending());
    drop(test);

    let gone = gone.lock().unwrap().unwrap();
    assert!(std::ptr::eq(gone, own.unwrap()));
    assert!(is_present(program));
}

/// Polls once.
async fn poll_once<F: Future>(mut future: std::pin::Pin<&mut F>) -> std::task::Poll<F::Output> {
    std::future::poll_fn(|cx| std::task::Poll::Ready(future.as_mut().poll(cx))).await
}
