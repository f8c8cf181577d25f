use std::{cell::Cell, rc::Rc};

use super::*;

#[tokio::test(start_paused = true)]
async fn given_a_call_when_it_ends_then_its_own_value_or_error_comes_back() {
    #[derive(Debug, PartialEq)]
    struct NotEvenClone(String);
    let breaker = breaker(settings());

    let answer = breaker.call(|| async { Ok::<_, ()>(NotEvenClone("yes".to_owned())) }).await;
    assert_eq!(answer, Ok(NotEvenClone("yes".to_owned())));
    let answer = breaker.call(|| async { Err::<(), _>(NotEvenClone("no".to_owned())) }).await;
    assert_eq!(answer, Err(CallError::Failed(NotEvenClone("no".to_owned()))));

    let answer = breaker.call_blocking(|| Ok::<_, ()>(NotEvenClone("yes".to_owned())));
    assert_eq!(answer, Ok(NotEvenClone("yes".to_owned())));
    let answer = breaker.call_blocking(|| Err::<(), _>(NotEvenClone("no".to_owned())));
    assert_eq!(answer, Err(CallError::Failed(NotEvenClone("no".to_owned()))));
}

#[tokio::test(start_paused = true)]
async fn given_locals_when_a_call_borrows_them_then_it_may_change_them() {
    let breaker = breaker(settings());
    let (mut asked, question) = (Vec::new(), String::from("how many"));

    breaker
        .call(|| async {
            asked.push(question.as_str());
            Ok::<_, ()>(())
        })
        .await
        .unwrap();
    breaker
        .call_blocking(|| {
            asked.push(&question);
            Ok::<_, ()>(())
        })
        .unwrap();

    assert_eq!(asked, ["how many", "how many"]);
}

#[tokio::test(start_paused = true)]
async fn given_values_that_stay_on_their_thread_when_a_call_uses_them_then_it_is_let() {
    let breaker = breaker(settings());
    let shared = Rc::new(Cell::new(1));

    let theirs = Rc::clone(&shared);
    let body = || async move {
        tokio::task::yield_now().await;
        theirs.set(theirs.get() + 1);
        Ok::<_, ()>(theirs)
    };

    assert!(breaker.call(body).await.is_ok_and(|same| same.get() == 2));
}

#[test]
fn given_bodies_that_may_be_sent_when_they_are_called_then_the_calls_may_be_sent_too() {
    fn sent<T: Send>(_: &T) {}
    let breaker = breaker(settings());

    let call = breaker.call(|| async { Ok::<_, &str>(String::new()) });
    let with_fallback =
        breaker.call_with_fallback(|| async { Err("refused") }, |_| async { Ok(()) });

    sent(&call);
    sent(&with_fallback);
}

#[tokio::test(start_paused = true)]
async fn given_a_call_under_way_when_it_uses_the_breaker_then_nothing_blocks() {
    let breaker = breaker(settings());

    let body = || async {
        assert_eq!(succeed(&breaker).await, Ok(()));
        breaker.reset();
        breaker.force_open();
        assert_eq!(breaker.snapshot().totals.calls, 2);
        breaker.resume();
        breaker.call_blocking(|| breaker.call_blocking(|| Ok::<_, CallError<&str>>(())))
    };

    assert!(breaker.call(body).await.is_ok());
    assert_eq!(breaker.snapshot().totals.successes, 4);
}

#[tokio::test(start_paused = true)]
async fn given_calls_when_many_are_under_way_then_a_closed_breaker_bounds_them_not() {
    let breaker = breaker(settings());

    let calls: Vec<_> = (0..1000).map(|_| Flight::begin(&breaker)).collect();
    for call in calls {
        call.succeed().await;
    }

    assert_eq!(breaker.snapshot().totals.successes, 1000);
}

#[tokio::test(start_paused = true)]
async fn given_an_answer_when_there_is_a_fallback_too_then_it_is_not_asked() {
    let breaker = breaker(settings());

    let answer = breaker
        .call_with_fallback(|| async { Ok::<_, &str>("fresh") }, |_| async { unreachable!() })
        .await;

    assert_eq!(answer, Ok("fresh"));
    assert_eq!(breaker.snapshot().totals.fallbacks, 0);
}

#[tokio::test(start_paused = true)]
async fn given_a_failure_when_there_is_a_fallback_then_it_answers_and_is_told_the_cause() {
    let breaker = breaker(settings());

    let answer = breaker
        .call_with_fallback(
            || async { Err("refused") },
            |cause| async move {
                assert_eq!(cause, CallError::Failed("refused"));
                Ok("stale")
            },
        )
        .await;

    assert_eq!(answer, Ok("stale"));
    let totals = breaker.snapshot().totals;
    assert_eq!((totals.calls, totals.failures, totals.fallbacks), (1, 1, 1));
    assert_eq!(totals.successes, 0, "the fallback's answer is none of the service's");
}

#[tokio::test(start_paused = true)]
async fn given_a_rejection_when_there_is_a_fallback_then_only_that_is_asked() {
    let breaker = opened(settings()).await;
    let expected = rejection(&breaker).await;

    let answer = breaker
        .call_with_fallback(
            || async { unreachable!("the breaker is open") },
            |cause: CallError<&str>| async move {
                assert_eq!(cause, CallError::Rejected(expected));
                Ok("stale")
            },
        )
        .await;

    assert_eq!(answer, Ok("stale"));
    let totals = breaker.snapshot().totals;
    assert_eq!((totals.calls, totals.rejected, totals.fallbacks), (3, 2, 1));
}

#[tokio::test(start_paused = true)]
async fn given_a_fallback_when_it_fails_itself_then_its_error_comes_back_and_is_none_of_the_service()
 {
    let breaker = breaker(settings().failure_threshold(2));

    let answer = breaker
        .call_with_fallback(
            || async { Err::<(), _>("refused") },
            |_| async { Err("nothing stale") },
        )
        .await;

    assert_eq!(answer, Err("nothing stale"));
    let totals = breaker.snapshot().totals;
    assert_eq!((totals.failures, totals.fallbacks, totals.fallback_failures), (1, 1, 1));
    assert_eq!(breaker.state(), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn given_a_fallback_when_it_is_dropped_before_it_has_answered_then_it_is_not_counted() {
    let breaker = breaker(settings());
    let fall_back = breaker.call_with_fallback(|| async { Err::<(), _>("refused") }, |_| pending());
    let mut fall_back = Box::pin(fall_back);

    assert_eq!(poll_once(fall_back.as_mut()), Poll::Pending);
    assert_eq!(breaker.snapshot().totals.fallbacks, 0, "there is no answer yet");
    drop(fall_back);

    assert_eq!(breaker.snapshot().totals.fallbacks, 0);
}

#[tokio::test(start_paused = true)]
async fn given_a_fallback_when_it_calls_through_the_same_breaker_then_it_is_a_call_of_its_own() {
    let breaker = due(settings()).await;

    let answer = breaker
        .call_with_fallback(
            || async { Err::<(), _>("refused") },
            |_| async {
                assert_eq!(breaker.state(), State::Open, "the probe's failure is counted by now");
                breaker.call(|| async { Ok::<_, &str>(()) }).await.map_err(|_| "rejected")
            },
        )
        .await;

    assert_eq!(answer, Err("rejected"));
}

#[test]
fn given_no_runtime_when_calls_are_made_then_the_breaker_works_all_the_same() {
    let breaker = breaker(settings());

    for _ in 0..3 {
        breaker.call_blocking(|| Err::<(), _>("refused")).unwrap_err();
    }

    assert_eq!(breaker.state(), State::Open);
    assert!(breaker.try_acquire().is_err());
}

#[tokio::test(start_paused = true)]
async fn given_a_breaker_when_it_is_shown_for_debugging_then_it_says_name_state_and_mode() {
    let breaker = opened(settings()).await;
    let shown = format!("{breaker:?}");
    assert_eq!(shown, r#"CircuitBreaker { name: "orders", state: Open, mode: Normal, .. }"#);

    breaker.reset();
    let permit = breaker.try_acquire().unwrap();
    assert_eq!(format!("{permit:?}"), r#"Permit { breaker: "orders", .. }"#);
}
