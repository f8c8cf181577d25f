use std::error::Error;

use cb_runtime::{ConfigError, NameError, Permit, RegisterError, Registry, Snapshot};

use super::*;

const UNAVAILABLE: &str =
    "This service is temporarily unavailable. Please try again in a few moments.";

#[tokio::test(start_paused = true)]
async fn given_an_open_breaker_when_the_rejection_is_shown_then_it_says_why_and_when_to_come_again()
{
    let breaker = opened(settings()).await;
    let error = rejection(&breaker).await;

    let open = "circuit breaker `orders` is open: 3 failures in a row; ";
    assert_eq!(error.to_string(), format!("{open}next probe in 30s"));
    advance(Duration::from_millis(12_345)).await;
    assert_eq!(error.to_string(), format!("{open}next probe in 17s"));
    advance(Duration::from_secs(17)).await;
    assert_eq!(error.to_string(), format!("{open}next probe in 655ms"));
    advance(Duration::from_millis(655)).await;
    assert_eq!(error.to_string(), format!("{open}a probe is due"));
    assert_eq!(error.user_message(), UNAVAILABLE);
    assert!(error.is_rejection());
    assert_eq!(error.name(), "orders");
}

#[tokio::test(start_paused = true)]
async fn given_each_way_to_open_when_the_rejection_is_shown_then_it_says_which_it_was() {
    let breaker = opened(settings().failure_threshold(1)).await;
    assert_eq!(
        rejection(&breaker).await.to_string(),
        "circuit breaker `orders` is open: 1 failure; next probe in 30s"
    );

    advance(RECOVERY).await;
    fail(&breaker).await.unwrap_err();
    assert_eq!(
        rejection(&breaker).await.to_string(),
        "circuit breaker `orders` is open: a probe failed; next probe in 30s"
    );

    let breaker = opened(settings().recovery_timeout(Duration::MAX)).await;
    assert_eq!(
        rejection(&breaker).await.to_string(),
        "circuit breaker `orders` is open: 3 failures in a row; it stays open until it is reset"
    );
}

#[tokio::test(start_paused = true)]
async fn given_a_half_open_breaker_when_the_rejection_is_shown_then_it_says_so() {
    let breaker = due(settings()).await;
    let probe = hang(&breaker);

    let error = rejection(&breaker).await;

    let shown = "circuit breaker `orders` is half-open and its probes are under way";
    assert_eq!(error.to_string(), shown);
    assert_eq!(error.user_message(), UNAVAILABLE);
    assert_eq!((error.name(), error.retry_after()), ("orders", None));
    assert!(error.is_rejection());
    drop(probe);
}

#[tokio::test(start_paused = true)]
async fn given_a_forced_open_breaker_when_the_rejection_is_shown_then_it_says_for_how_long() {
    let breaker = breaker(settings());

    breaker.force_open();
    let error = rejection(&breaker).await;
    assert_eq!(error.to_string(), "circuit breaker `orders` has been forced open");
    assert_eq!(error.user_message(), UNAVAILABLE);
    assert!(error.is_rejection());
    assert_eq!((error.name(), error.retry_after()), ("orders", None));

    breaker.force_open_for(Duration::from_secs(90));
    let shown = "circuit breaker `orders` has been forced open for another 1m 30s";
    assert_eq!(rejection(&breaker).await.to_string(), shown);
}

#[tokio::test(start_paused = true)]
async fn given_what_a_user_sees_when_a_call_is_rejected_then_it_has_neither_names_nor_numbers() {
    let breaker = opened(settings()).await;

    let message = rejection(&breaker).await.user_message();

    assert!(!message.contains("orders"));
    assert!(!message.chars().any(|c| c.is_ascii_digit()));
}

#[tokio::test(start_paused = true)]
async fn given_a_rejection_when_it_is_compared_then_it_equals_its_clone_and_no_other_opening() {
    let breaker = opened(settings()).await;
    let first = rejection(&breaker).await;
    assert_eq!(first, first.clone());
    assert_eq!(first, rejection(&breaker).await, "of the same opening");

    advance(RECOVERY).await;
    fail(&breaker).await.unwrap_err();

    assert_ne!(first, rejection(&breaker).await);
}

#[tokio::test(start_paused = true)]
async fn given_a_call_error_when_it_is_taken_apart_then_it_has_the_services_error_or_none() {
    let breaker = opened(settings()).await;
    let rejected = CallError::<&str>::Rejected(rejection(&breaker).await);
    let failed = CallError::Failed("refused");

    assert_eq!(failed.to_string(), "refused");
    assert_eq!(failed.clone().into_inner(), Some("refused"));
    assert_eq!(failed.map_failed(str::len), CallError::Failed(7));

    assert_eq!(rejected.to_string(), rejection(&breaker).await.to_string());
    assert_eq!(rejected.clone().into_inner(), None);
    let mapped = rejected.map_failed(str::len);
    assert_eq!(mapped, CallError::Rejected(rejection(&breaker).await));
    assert_eq!(CallError::<usize>::from(rejection(&breaker).await), mapped);
}

#[tokio::test(start_paused = true)]
async fn given_a_rejection_when_it_travels_as_any_error_then_it_can_be_found_again() {
    let breaker = opened(settings()).await;

    let boxed: Box<dyn Error + Send + Sync> = rejection(&breaker).await.into();

    let found = boxed.downcast_ref::<CircuitError>();
    assert_eq!(found, Some(&rejection(&breaker).await));
    assert!(boxed.source().is_none(), "nothing lies under it");
}

#[test]
fn given_the_public_types_when_they_cross_threads_then_the_compiler_lets_them() {
    fn shared<T: Send + Sync + Clone + 'static>() {}
    fn error<T: Error + Send + Sync + 'static>() {}
    fn sent<T: Send + 'static>() {}
    shared::<CircuitError>();
    shared::<CallError<&'static str>>();
    shared::<CircuitBreaker>();
    shared::<Registry>();
    shared::<Config>();
    shared::<Snapshot>();
    error::<CircuitError>();
    error::<CallError<std::io::Error>>();
    error::<ConfigError>();
    error::<RegisterError>();
    error::<NameError>();
    sent::<Permit>();
}

#[test]
fn given_settings_out_of_bounds_when_they_are_built_then_the_error_names_field_bound_and_value() {
    let zero = Duration::ZERO;
    let cases = [
        (settings().failure_threshold(0), "failure_threshold", "at least 1", "0"),
        (settings().half_open_max_calls(0), "half_open_max_calls", "at least 1", "0"),
        (settings().success_threshold(0), "success_threshold", "at least 1", "0"),
        (settings().recovery_timeout(zero), "recovery_timeout", "longer than zero", "0s"),
        (settings().probe_timeout(zero), "probe_timeout", "longer than zero", "0s"),
    ];
    for (settings, field, bound, given) in cases {
        let error = settings.build().unwrap_err();
        assert_eq!((error.field(), error.bound()), (field, bound));
        assert_eq!(error.to_string(), format!("`{field}` must be {bound}, but is {given}"));
    }
}
