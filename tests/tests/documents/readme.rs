//! The README's first program, and the test of it below "Under test", which as a doc test would only be
//! read and not run: this file has both as they stand there.

#![allow(clippy::unnecessary_wraps, reason = "the program stands for one that calls a service")]

use cb_runtime::circuit_breaker;

#[derive(Debug, thiserror::Error)]
enum SearchError {
    #[error("the index answered {0}")]
    Status(u16),
}

#[circuit_breaker(
    name = "vector_search",
    failure_threshold = 5,          // failures in a row that open the breaker
    recovery_timeout = "30s",       // how long it stays open before it tries again
    call_timeout = "2s",            // a call that takes longer is a failure
    fallback = search_in_database,  // answers instead; must have the same signature
)]
async fn search(query: &str) -> Result<Vec<String>, SearchError> {
    Err(SearchError::Status(503)) // here you call the service
}

async fn search_in_database(query: &str) -> Result<Vec<String>, SearchError> {
    Ok(vec![format!("what the database knows of {query}")])
}

#[tokio::test(start_paused = true)]
async fn the_database_answers_while_the_index_is_down() {
    use cb_runtime::{State, assert_state, testing};

    testing::isolated(async {
        testing::trip("vector_search");
        assert_eq!(search("tea").await.unwrap(), ["what the database knows of tea"]);

        tokio::time::advance(std::time::Duration::from_secs(30)).await;
        assert_state!("vector_search", State::HalfOpen, "after recovery_timeout");
    })
    .await;
}

#[test]
fn the_readme_has_this_program_and_this_test() {
    let readme = super::read("README.md");
    for part in include_str!("readme.rs").split("\n\n").skip(2) {
        if part.starts_with("#[test]") {
            break;
        }
        assert!(readme.contains(part.trim()), "not in the README:\n{part}");
    }
}
