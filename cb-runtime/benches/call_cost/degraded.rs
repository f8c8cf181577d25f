//! Annotated functions with what stands around the call: time limits, retries, bulkheads, stale answers.

use std::{error::Error, hint::black_box};

use cb_runtime::{circuit_breaker, registry};

use crate::{
    body::{ANSWER, Failed, answer},
    rows::{Row, on_runtime},
};

#[circuit_breaker(name = "degraded-retry", retry(max_attempts = 3, delay = "1ms"))]
async fn retried() -> Result<u64, Failed> {
    answer()
}

#[circuit_breaker(name = "degraded-timeout", call_timeout = "10s")]
async fn timed() -> Result<u64, Failed> {
    answer()
}

#[circuit_breaker(name = "degraded-bulkhead", max_concurrent = 32)]
async fn one_of_32() -> Result<u64, Failed> {
    answer()
}

#[circuit_breaker(name = "degraded-stale", stale_if_error(max_age = "1h", key = article))]
async fn kept(article: u32) -> Result<u64, Failed> {
    let _ = article;
    answer()
}

#[circuit_breaker(name = "degraded-down", stale_if_error(max_age = "1h", key = article))]
async fn stale(article: u32) -> Result<u64, Failed> {
    let _ = article;
    answer()
}

/// So many answers are kept, one of which is asked for.
const ARTICLES: u32 = 1000;

pub(crate) fn closed() -> Vec<Row> {
    let expected = Some(ANSWER);
    let one_article = || kept(black_box(ARTICLES / 2));
    vec![
        Row::awaited("async fn, call_timeout", expected, timed, Result::ok).shared(),
        Row::awaited("async fn, retry", expected, retried, Result::ok).shared(),
        Row::awaited("async fn, max_concurrent", expected, one_of_32, Result::ok).shared(),
        Row::awaited("async fn, stale_if_error", expected, one_article, Result::ok).shared(),
    ]
}

pub(crate) fn open() -> Result<Vec<Row>, Box<dyn Error>> {
    on_runtime(async {
        for article in 0..ARTICLES {
            let _ = stale(article).await;
        }
    })
    .ok_or("there is no runtime")?;
    registry().get("degraded-down").ok_or("there is no breaker")?.force_open();
    let one_article = || stale(black_box(ARTICLES / 2));
    Ok(vec![Row::awaited(
        "async fn, answered by stale_if_error",
        Some(ANSWER),
        one_article,
        Result::ok,
    )])
}
