//! Fallbacks that the program registers for a kind of service.

use cb_runtime::{CircuitError, circuit_breaker, registry};

use crate::support::{Fault, breaker, counts, send, state, totals, turn};

#[circuit_breaker(
    name = "registered.by_ok",
    service_type = "registered.search",
    failure_threshold = 2,
    fallback = "registered"
)]
async fn by_ok(word: &str) -> Result<Vec<String>, Fault> {
    turn().await;
    if word == "bad" { Err(Fault::Down) } else { Ok(vec![word.to_owned()]) }
}

#[tokio::test]
async fn one_for_the_ok_type_answers_for_every_cause() {
    assert!(matches!(by_ok("bad").await, Err(Fault::Down)), "none is registered yet");
    registry().register_fallback::<Vec<String>>("registered.search", |cause| {
        vec![match cause {
            CircuitError::Failed { failure, .. } => {
                format!("failed: {}", failure.error().unwrap_or(""))
            }
            CircuitError::Open { .. } => "open".to_owned(),
            other => other.to_string(),
        }]
    });
    assert_eq!(send(by_ok("a")).await.ok(), Some(vec!["a".to_owned()]));
    assert_eq!(by_ok("bad").await.ok(), Some(vec!["failed: the service is down".to_owned()]));
    assert!(by_ok("bad").await.is_ok());
    assert_eq!(state("registered.by_ok"), cb_runtime::State::Open);
    assert_eq!(by_ok("a").await.ok(), Some(vec!["open".to_owned()]));
    assert_eq!(counts("registered.by_ok"), [1, 3, 0, 1, 3]);
}

#[circuit_breaker(
    name = "registered.whole",
    service_type = "registered.llm",
    call_timeout = "1s",
    fallback_on = "failed",
    fallback = "registered"
)]
async fn whole(hangs: bool) -> Result<u32, Fault> {
    if hangs {
        std::future::pending::<()>().await;
    }
    Err(Fault::Down)
}

#[tokio::test(start_paused = true)]
async fn one_for_the_whole_type_may_fail_itself() {
    registry().register_fallback::<Result<u32, Fault>>("registered.llm", |cause| match cause {
        CircuitError::Timeout { .. } => Ok(1),
        _ => Err(Fault::NotFound),
    });
    assert_eq!(send(whole(true)).await.ok(), Some(1));
    assert!(matches!(whole(false).await, Err(Fault::NotFound)));
    breaker("registered.whole").force_open();
    assert!(whole(false).await.is_err_and(|fault| fault.is_rejection()), "`fallback_on`");
    let counted = totals("registered.whole");
    assert_eq!((counted.fallbacks, counted.fallback_failures), (2, 1));
}

struct Client;

impl Client {
    #[circuit_breaker(
        name = "registered.method",
        service_type = "registered.methods",
        key = id,
        fallback = "registered",
        retry(2, "1ms"),
        stale_if_error(max_age = "1h", key = id),
        max_concurrent = 5,
    )]
    async fn method<T: Clone + Default + Send + Sync + 'static>(
        &self,
        id: String,
        value: Option<T>,
    ) -> Result<T, Fault> {
        turn().await;
        value.ok_or(Fault::Down)
    }
}

#[circuit_breaker(
    name = "registered.plain",
    service_type = "registered.plain",
    fallback = "registered"
)]
fn plain(up: bool) -> Result<u8, Fault> {
    if up { Ok(1) } else { Err(Fault::Down) }
}

#[tokio::test(start_paused = true)]
async fn with_all_that_stands_around_a_call() {
    registry().register_fallback::<u32>("registered.methods", |_| 5);
    let client = Client;
    assert_eq!(send(client.method("a".to_owned(), Some(2_u32))).await.ok(), Some(2));
    assert_eq!(client.method::<u32>("a".to_owned(), None).await.ok(), Some(2), "a stale one first");
    assert_eq!(client.method::<u32>("b".to_owned(), None).await.ok(), Some(5));
    assert!(client.method::<u64>("b".to_owned(), None).await.is_err(), "of another type");
    let counted = totals("registered.method[b]");
    assert_eq!((counted.calls, counted.retries, counted.fallbacks), (4, 2, 1));

    assert!(plain(false).is_err());
    registry().register_fallback::<u8>("registered.plain", |_| 8);
    assert_eq!((plain(true).ok(), plain(false).ok()), (Some(1), Some(8)));
    registry().register_fallback::<u8>("registered.plain", |_| 9);
    assert_eq!(plain(false).ok(), Some(9), "the last one registered");
}

#[circuit_breaker(
    name = "registered.judged",
    service_type = "registered.judged",
    ignore_errors = Fault::NotFound,
    fallback = "registered",
)]
async fn judged() -> Result<i8, Fault> {
    Err(Fault::Down)
}

#[tokio::test]
async fn its_answer_is_judged_as_the_functions_own() {
    registry()
        .register_fallback::<Result<i8, Fault>>("registered.judged", |_| Err(Fault::NotFound));
    assert!(matches!(judged().await, Err(Fault::NotFound)));
    let counted = totals("registered.judged");
    assert_eq!((counted.fallbacks, counted.fallback_failures), (1, 0));
}
