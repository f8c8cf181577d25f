use cb_runtime::{CircuitError, circuit_breaker, registry};

use super::*;

#[circuit_breaker(name = "health.conflict", failure_threshold = 2)]
fn one() -> Result<(), Option<CircuitError>> {
    Ok(())
}

#[circuit_breaker(name = "health.conflict", failure_threshold = 3)]
fn other() -> Result<(), Option<CircuitError>> {
    Ok(())
}

#[circuit_breaker(name = "health.bare", failure_threshold = 1)]
fn bare() -> Result<(), Option<CircuitError>> {
    Err(None)
}

#[circuit_breaker(name = "health.covered", failure_threshold = 1, fallback = |_| Ok(()))]
fn covered() -> Result<(), Option<CircuitError>> {
    Err(None)
}

#[circuit_breaker(
    name = "health.retried",
    failure_threshold = u32::MAX,
    retry(max_attempts = 2, delay = "1s")
)]
async fn retried(fails: &std::cell::Cell<u32>) -> Result<(), Option<CircuitError>> {
    let left = fails.get();
    fails.set(left.saturating_sub(1));
    if left > 0 { Err(None) } else { Ok(()) }
}

#[circuit_breaker(name = "health.narrow", max_concurrent = 1)]
async fn narrow(time: Duration) -> Result<(), Option<CircuitError>> {
    tokio::time::sleep(time).await;
    Ok(())
}

#[circuit_breaker(name = "health.hasty", failure_threshold = u32::MAX, call_timeout = "1s")]
async fn hasty() -> Result<(), Option<CircuitError>> {
    std::future::pending().await
}

fn advice_on(name: &str) -> Vec<String> {
    let all = registry().recommendations().into_iter();
    all.filter(|advice| advice.breaker == name).map(|advice| advice.text).collect()
}

#[test]
fn a_conflict_is_a_warning_of_the_programs_registry() {
    one().unwrap();
    other().unwrap();
    let alert = find(registry(), AlertKind::Conflict).expect("the two contradict each other");
    assert_eq!(alert.severity, Severity::Warning);
    assert_eq!(alert.breaker.as_deref(), Some("health.conflict"));
    assert!(
        alert.text.starts_with("circuit breaker `health.conflict`: `failure_threshold` is 2 at "),
        "{alert}"
    );
    let registry = Registry::new();
    make(&registry, "health.conflict", settings());
    assert_eq!(find(&registry, AlertKind::Conflict), None);
}

#[test]
fn rejections_without_a_fallback_are_advised_on_where_a_function_has_none() {
    for _ in 0..100 {
        bare().unwrap_err();
        covered().unwrap();
    }
    assert_eq!(
        advice_on("health.bare"),
        [
            "`health.bare` turned away 99 of 100 calls, and `health::declared::bare` has no fallback: \
          callers got the error; consider a fallback"
        ]
    );
    assert_eq!(advice_on("health.covered"), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn retries_that_rarely_help() {
    for _ in 0..18 {
        retried(&std::cell::Cell::new(2)).await.unwrap_err();
    }
    retried(&std::cell::Cell::new(1)).await.unwrap();
    assert_eq!(advice_on("health.retried"), [""; 0], "19 are too few");
    retried(&std::cell::Cell::new(1)).await.unwrap();
    assert_eq!(
        advice_on("health.retried"),
        [
            "2 of the 20 retries of `health.retried` helped: they load a service that is down; consider \
          fewer attempts, or `when` to leave out errors that stay"
        ]
    );
    retried(&std::cell::Cell::new(1)).await.unwrap();
    assert_eq!(advice_on("health.retried"), [""; 0], "3 of 21 are more than a tenth");
}

#[tokio::test(start_paused = true)]
async fn a_bulkhead_that_is_too_narrow() {
    for _ in 0..90 {
        narrow(Duration::ZERO).await.unwrap();
    }
    let long = narrow(SECOND);
    let many = async {
        for _ in 0..9 {
            narrow(Duration::ZERO).await.unwrap_err();
        }
    };
    let (answer, ()) = tokio::join!(biased; long, many);
    answer.unwrap();
    assert_eq!(advice_on("health.narrow"), [""; 0], "9 of 100");
    let (answer, another) = tokio::join!(biased; narrow(SECOND), narrow(SECOND));
    answer.unwrap();
    another.unwrap_err();
    assert_eq!(advice_on("health.narrow"), [""; 0], "10 of 102");
    let (answer, another) = tokio::join!(biased; narrow(SECOND), narrow(SECOND));
    answer.unwrap();
    another.unwrap_err();
    assert_eq!(
        advice_on("health.narrow"),
        [
            "`health.narrow` turned away 11 of 104 calls because as many as max_concurrent were under \
          way: consider a higher one, or a call_timeout that ends the slow ones"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn failures_that_are_timeouts() {
    for _ in 0..9 {
        hasty().await.unwrap_err();
    }
    assert_eq!(advice_on("health.hasty"), [""; 0], "9 are too few");
    hasty().await.unwrap_err();
    let [text] = &advice_on("health.hasty")[..] else { panic!("one piece of advice") };
    assert!(
        text.starts_with(
            "10 of the 10 failures of `health.hasty` are timeouts: the service is too slow for its \
             call_timeout; consider a longer one than its p95 of "
        ),
        "{text}"
    );
}
