//! This crate's layer around a service of tower, as `peers` has another's. With the feature `tower`.

use std::{error::Error, future::Ready, hint::black_box, time::Instant};

use cb_runtime::{
    CircuitBreaker,
    integrations::tower::{CircuitBreakerLayer, CircuitBreakerService, ErrorsOnly, One},
};
use tower::{Layer as _, Service as _, ServiceExt as _, service_fn, util::ServiceFn};

use crate::{
    body::{ANSWER, Failed, answer},
    handle,
    rows::{Batch, Row, on_runtime},
};

type Layered =
    CircuitBreakerService<ServiceFn<fn(()) -> Ready<Result<u64, Failed>>>, One, ErrorsOnly>;

pub(crate) fn closed() -> Result<Vec<Row>, Box<dyn Error>> {
    let timed = handle::closed_breaker(true)?;
    let untimed = handle::closed_breaker(false)?;
    Ok(vec![
        row("layer", Some(ANSWER), timed).shared(),
        row("layer, no response times", Some(ANSWER), untimed),
    ])
}

pub(crate) fn open() -> Result<Vec<Row>, Box<dyn Error>> {
    Ok(vec![row("layer", None, handle::open_breaker()?)])
}

fn serve((): ()) -> Ready<Result<u64, Failed>> {
    std::future::ready(answer())
}

/// A service is called by `&mut`, so each batch has a clone of its own.
fn row(label: &'static str, expected: Option<u64>, breaker: &CircuitBreaker) -> Row {
    let layer = CircuitBreakerLayer::new(breaker.clone()).errors_only();
    let service: Layered = layer.layer(service_fn(serve as fn(()) -> _));
    let probed = service.clone();
    let batch: Batch = Box::new(move |calls| {
        let mut service = service.clone();
        on_runtime(async move {
            let start = Instant::now();
            for _ in 0..calls {
                black_box(&call(&mut service).await);
            }
            start.elapsed()
        })
        .unwrap_or_default()
    });
    let probe = Box::new(move || {
        let mut service = probed.clone();
        on_runtime(async move { call(&mut service).await }).flatten()
    });
    Row::by_hand(label, expected, batch, probe)
}

async fn call(service: &mut Layered) -> Option<u64> {
    service.ready().await.ok()?.call(()).await.ok()
}
