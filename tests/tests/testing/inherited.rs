//! What a test starts beside itself.

use std::thread;

use cb_runtime::{Selector, State, assert_state, registry, testing};
use tokio::{sync::mpsc::unbounded_channel, task::spawn_blocking, time::sleep};

use super::*;

/// How many calls the present registry's breaker has seen.
fn calls() -> u64 {
    testing::breaker("testing.stock").snapshot().totals.calls
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spawned_tasks_are_inside_if_they_are_told_to_be() {
    testing::isolated(async {
        testing::spawn(stock(true)).await.unwrap().unwrap();
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(testing::inherited(stock(true)));
        tasks.join_next().await.unwrap().unwrap().unwrap();
        assert_eq!(calls(), 2);

        let outside = tokio::spawn(async { registry().get("testing.stock").is_none() });
        assert!(outside.await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_task_of_a_spawned_task_is_inside_too() {
    testing::isolated(async {
        let child = testing::spawn(async { testing::spawn(stock(true)).await.unwrap() });
        child.await.unwrap().unwrap();
        assert_eq!(calls(), 1);
    })
    .await;
}

#[tokio::test]
async fn threads_are_inside_if_they_are_told_to_be() {
    testing::isolated(async {
        let on_thread = thread::spawn(testing::inherited_blocking(|| price(true)));
        on_thread.join().unwrap().unwrap();
        spawn_blocking(testing::inherited_blocking(|| price(true))).await.unwrap().unwrap();

        assert_eq!(testing::breaker("testing.price").snapshot().totals.calls, 2);
        let outside = thread::spawn(|| registry().get("testing.price").is_none());
        assert!(outside.join().unwrap());
    })
    .await;
}

#[tokio::test]
async fn what_is_made_outside_stays_outside() {
    let outside = testing::inherited(async { registry() });
    let (inner, outside) = testing::isolated(async { (registry(), outside.await) }).await;
    assert!(!std::ptr::eq(inner, outside) && std::ptr::eq(outside, registry()));
}

#[test]
fn a_runtime_of_one_thread_has_all_its_tasks_inside() {
    testing::isolated_blocking(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            tokio::spawn(stock(true)).await.unwrap().unwrap();
            assert_eq!(calls(), 1);
        });
    });
}

#[tokio::test(start_paused = true)]
async fn handlers_are_where_they_were_registered() {
    testing::isolated(async {
        let (to, mut heard) = unbounded_channel();
        registry().on_transition(Selector::all(), move |_| {
            let to = to.clone();
            async move {
                // Inside of the handler's task, and after a turn of it.
                tokio::task::yield_now().await;
                let _ = to.send(registry().get("testing.stock").map(|breaker| breaker.state()));
            }
        });
        testing::trip("testing.stock");
        assert_eq!(heard.recv().await, Some(Some(State::Open)));
    })
    .await;
}

#[circuit_breaker(
    name = "testing.checked",
    failure_threshold = 1,
    recovery_timeout = "30s",
    health_check = ping
)]
async fn checked() -> anyhow::Result<()> {
    Ok(())
}

async fn ping() -> anyhow::Result<()> {
    // An annotated function, as a health check's may be.
    stock(true).await.map(drop)
}

#[tokio::test(start_paused = true)]
async fn health_checks_are_where_the_breaker_opened() {
    testing::isolated(async {
        testing::trip("testing.checked");
        sleep(31 * SECOND).await;
        assert_state!("testing.checked", State::Closed, "by its health check");
        assert_eq!(calls(), 1);
        checked().await.unwrap();
    })
    .await;
}
