//! Customers, more of them at some times than at others.

use std::{
    f64::consts::TAU,
    time::{Duration, Instant},
};

use tokio::time::sleep;

use crate::{calls, fleet::SUPPLIERS};

/// From one rush to the next.
const DAY: f64 = 40.0;

/// Starts calling all functions, each at its own pace.
pub(crate) fn start() {
    let start = Instant::now();
    // Calls a second on average, and where in the day its rush is.
    tokio::spawn(keep_calling(start, 6.0, 0.0, |n| async move { drop(calls::order(n).await) }));
    tokio::spawn(keep_calling(
        start,
        20.0,
        0.1,
        |n| async move { drop(calls::cached_order(n).await) },
    ));
    tokio::spawn(keep_calling(start, 8.0, 0.3, |n| async move { drop(calls::pay(n).await) }));
    tokio::spawn(keep_calling(start, 12.0, 0.5, |_| async {
        drop(calls::search("kettles").await);
    }));
    tokio::spawn(keep_calling(start, 5.0, 0.6, |_| async { drop(calls::advise("which").await) }));
    tokio::spawn(keep_calling(start, 4.0, 0.8, |_| async { drop(calls::send("thanks").await) }));
    for supplier in SUPPLIERS {
        let stock = move |_| async move { drop(calls::stock(supplier).await) };
        tokio::spawn(keep_calling(start, 3.0, 0.2, stock));
    }
}

async fn keep_calling<F>(start: Instant, rate: f64, rush: f64, call: impl Fn(u32) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    for number in 1.. {
        // Customers do not wait for each other.
        tokio::spawn(call(number));
        let day = start.elapsed().as_secs_f64() / DAY + rush;
        let rate = rate * (1.0 + 0.7 * (day * TAU).sin());
        sleep(Duration::from_secs_f64(1.0 / rate)).await;
    }
}
