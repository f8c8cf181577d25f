//! A test as one of the README's, through its course.

use cb_runtime::{State, assert_state, testing};
use tokio::time::advance;

use super::*;

#[circuit_breaker(
    name = "testing.search",
    failure_threshold = 5,
    recovery_timeout = "30s",
    fallback = in_database
)]
async fn search(query: &str) -> anyhow::Result<Vec<String>> {
    Ok(vec![format!("found {query}")])
}

async fn in_database(query: &str) -> anyhow::Result<Vec<String>> {
    Ok(vec![format!("what the database knows of {query}")])
}

#[tokio::test(start_paused = true)]
async fn the_database_answers_while_the_index_is_down() {
    testing::isolated(async {
        testing::trip("testing.search");
        assert_eq!(search("tea").await.unwrap(), ["what the database knows of tea"]);

        advance(30 * SECOND).await;
        assert_state!("testing.search", State::HalfOpen, "after recovery_timeout");
        assert_eq!(search("tea").await.unwrap(), ["found tea"]);
        assert_state!("testing.search", State::Closed);
    })
    .await;
}

#[tokio::test]
async fn a_call_may_borrow_and_answer() {
    let text = "tea".to_owned();
    let found = testing::isolated(async { search(&text).await.unwrap().len() }).await;
    assert_eq!(found, 1);
    assert_eq!(testing::isolated_blocking(|| text.len()), 3);
}

#[test]
fn a_future_can_be_sent_if_it_could_before() {
    fn can_be_sent(_: impl Send) {}
    can_be_sent(testing::isolated(search("tea")));
    can_be_sent(testing::inherited(search("tea")));
    can_be_sent(testing::inherited_blocking(|| ()));
}
