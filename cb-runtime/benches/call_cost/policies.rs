//! Annotated functions whose breakers look at more than failures in a row.

use std::{error::Error, hint::black_box};

use cb_runtime::circuit_breaker;

use crate::{
    body::{ANSWER, Failed, answer},
    rows::{Aim, Row, on_runtime},
};

/// What the project means to reach. A window may cost one `fetch_add` more than none.
const TIMED: Aim = Aim::ClockReads { reads: 2.0, fetch_adds: 1.0 };
const WINDOWED: Aim = Aim::FetchAdds(2.5);
const KEYED: Aim = Aim::Nanos(150.0);

/// So many keys are there, one of which is called.
const KEYS: u32 = 1000;

#[circuit_breaker(name = "policies-slow-call", slow_call = "1s")]
async fn slow_call() -> Result<u64, Failed> {
    answer()
}

#[circuit_breaker(name = "policies-calls", failure_rate = 0.5, window = 100)]
async fn window_of_calls() -> Result<u64, Failed> {
    answer()
}

#[circuit_breaker(name = "policies-time", failure_rate = 0.5, window = "10s")]
async fn window_of_time() -> Result<u64, Failed> {
    answer()
}

#[circuit_breaker(name = "policies-keyed", key = tenant)]
async fn keyed(tenant: u32) -> Result<u64, Failed> {
    answer()
}

pub(crate) fn closed() -> Result<Vec<Row>, Box<dyn Error>> {
    on_runtime(async {
        for key in 0..KEYS {
            let _ = keyed(key).await;
        }
    })
    .ok_or("there is no runtime")?;
    let expected = Some(ANSWER);
    let one_key = || keyed(black_box(KEYS / 2));
    Ok(vec![
        Row::awaited("async fn, slow_call", expected, slow_call, Result::ok).aim(TIMED).shared(),
        Row::awaited("async fn, window of 100 calls", expected, window_of_calls, Result::ok)
            .aim(WINDOWED)
            .shared(),
        Row::awaited("async fn, window of 10 s", expected, window_of_time, Result::ok)
            .aim(WINDOWED)
            .shared(),
        Row::awaited("async fn, one of 1000 keys", expected, one_key, Result::ok)
            .aim(KEYED)
            .shared(),
    ])
}
