//! What the calls are measured by.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Instant,
};

use crate::{
    body::{ANSWER, answer_later},
    rows::Row,
};

pub(crate) const FETCH_ADD: &str = "fetch_add(1, Relaxed)";
pub(crate) const CLOCK_READ: &str = "Instant::now";

pub(crate) fn rows() -> Vec<Row> {
    let counter: &'static AtomicU64 = Box::leak(Box::default());
    let fixed: &'static AtomicU64 = Box::leak(Box::new(AtomicU64::new(ANSWER)));
    vec![
        // Shared, it tells whether two threads had a core each: nothing in it holds them up.
        Row::blocking("relaxed load", Some(ANSWER), move || fixed.load(Relaxed), Some).shared(),
        Row::blocking(
            FETCH_ADD,
            Some(ANSWER),
            move || counter.fetch_add(1, Relaxed),
            |_| Some(ANSWER),
        )
        .shared(),
        Row::blocking(CLOCK_READ, Some(ANSWER), Instant::now, |_| Some(ANSWER)),
        Row::awaited("the body alone, async", Some(ANSWER), answer_later, Result::ok),
    ]
}
