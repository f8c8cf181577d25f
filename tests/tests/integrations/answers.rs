//! Judges of a user's own.

use std::io;

use cb_runtime::integrations::tower::{CircuitBreakerLayer, Classify, Outcome};
use tower::{Layer, service_fn};

use super::*;

async fn answer(wanted: Result<u32, io::ErrorKind>) -> io::Result<u32> {
    wanted.map_err(io::Error::from)
}

fn judge(answer: Result<&u32, &io::Error>) -> Outcome {
    match answer {
        Ok(0) => Outcome::failure("an empty answer"),
        Ok(_) => Outcome::success(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Outcome::ignored(),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
            Outcome::failure(error).open_for(5 * SECOND)
        }
        Err(error) => Outcome::failure(error),
    }
}

#[tokio::test(start_paused = true)]
async fn a_function_judges_answers_and_errors() {
    let breaker = breaker();
    let mut service =
        CircuitBreakerLayer::new(breaker.clone()).classify(judge).layer(service_fn(answer));

    for wanted in [Ok(1), Ok(0), Err(io::ErrorKind::NotFound)] {
        let _ = call(&mut service, wanted).await;
    }
    let totals = breaker.snapshot().totals;
    assert_eq!((totals.successes, totals.failures, totals.ignored), (1, 1, 1));
    assert_eq!(breaker.snapshot().last_error.as_deref(), Some("an empty answer"));

    let _ = call(&mut service, Err(io::ErrorKind::WouldBlock)).await;
    assert_eq!(rejection(call(&mut service, Ok(1)).await).retry_after(), Some(5 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn a_closure_may_hold_what_it_needs() {
    let breaker = breaker();
    let least = 10;
    let layer = CircuitBreakerLayer::new(breaker.clone()).classify(
        move |answer: Result<&u32, &io::Error>| match answer {
            Ok(number) if *number >= least => Outcome::success(),
            _ => Outcome::failure("too little"),
        },
    );
    let mut service = layer.layer(service_fn(answer));
    for wanted in [Ok(10), Ok(9)] {
        assert!(call(&mut service, wanted).await.is_ok());
    }
    let totals = breaker.snapshot().totals;
    assert_eq!((totals.successes, totals.failures), (1, 1));
}

/// A judge that is a type.
#[derive(Clone)]
struct AllGood;

impl<T, E> Classify<T, E> for AllGood {
    fn classify(&self, _: Result<&T, &E>) -> Outcome {
        Outcome::success()
    }
}

#[tokio::test(start_paused = true)]
async fn a_type_judges_answers_of_every_kind() {
    let breaker = breaker();
    let layer = CircuitBreakerLayer::new(breaker.clone()).classify::<u32, io::Error, _>(AllGood);
    let mut service = layer.layer(service_fn(answer));
    for _ in 0..9 {
        assert!(call(&mut service, Err(io::ErrorKind::Other)).await.is_err());
    }
    assert_eq!((breaker.state(), breaker.snapshot().totals.successes), (State::Closed, 9));
}
