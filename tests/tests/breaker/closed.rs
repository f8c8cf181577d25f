use super::*;

#[tokio::test(start_paused = true)]
async fn given_a_closed_breaker_when_calls_fail_in_a_row_then_it_opens_exactly_at_the_threshold() {
    for threshold in [1, 2, 3, 10] {
        let breaker = breaker(settings().failure_threshold(threshold));

        for row in 1..threshold {
            assert_eq!(fail(&breaker).await, FAILED);
            assert_eq!(breaker.state(), State::Closed);
            assert_eq!(breaker.snapshot().consecutive_failures, row);
        }
        assert_eq!(fail(&breaker).await, FAILED, "the failure that opens is still the caller's");

        assert_eq!(breaker.state(), State::Open, "after {threshold} failures");
    }
}

#[tokio::test(start_paused = true)]
async fn given_a_row_one_short_when_a_call_succeeds_then_the_row_starts_at_zero() {
    let breaker = breaker(settings());

    for _ in 0..10 {
        fail(&breaker).await.unwrap_err();
        fail(&breaker).await.unwrap_err();
        succeed(&breaker).await.unwrap();
        assert_eq!(breaker.snapshot().consecutive_failures, 0);
    }

    assert_eq!(breaker.state(), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn given_a_row_one_short_when_calls_say_nothing_then_the_next_failure_opens() {
    let breaker = breaker(settings());
    fail(&breaker).await.unwrap_err();
    fail(&breaker).await.unwrap_err();

    breaker.try_acquire().unwrap().ignore();
    drop(breaker.try_acquire().unwrap());
    drop(hang(&breaker));

    assert_eq!(breaker.snapshot().consecutive_failures, 2);
    fail(&breaker).await.unwrap_err();
    assert_eq!(breaker.state(), State::Open);
}

#[tokio::test(start_paused = true)]
async fn given_failures_of_every_kind_of_call_when_they_come_in_a_row_then_they_are_one_row() {
    let breaker = breaker(settings());

    fail(&breaker).await.unwrap_err();
    breaker.call_blocking(|| Err::<(), _>("refused")).unwrap_err();
    breaker.try_acquire().unwrap().failure();

    assert_eq!(breaker.state(), State::Open);
}

#[tokio::test(start_paused = true)]
async fn given_a_clone_when_calls_through_it_fail_then_both_are_open() {
    let breaker = breaker(settings());
    let clone = breaker.clone();

    open(&clone).await;

    assert_eq!(breaker.state(), State::Open);
    breaker.reset();
    assert_eq!(clone.state(), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn given_two_breakers_of_one_name_when_one_opens_then_the_other_is_closed() {
    let (one, other) = (breaker(settings()), breaker(settings()));

    open(&one).await;

    assert_eq!(other.state(), State::Closed);
    assert_eq!(succeed(&other).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn given_the_highest_threshold_when_many_calls_fail_then_it_stays_closed() {
    let breaker = breaker(settings().failure_threshold(u32::MAX));

    for _ in 0..10_000 {
        fail(&breaker).await.unwrap_err();
    }

    assert_eq!(breaker.state(), State::Closed);
    assert_eq!(breaker.snapshot().consecutive_failures, 10_000);
}

#[tokio::test(start_paused = true)]
async fn given_a_row_when_it_is_reset_then_the_row_is_forgotten_and_the_totals_are_kept() {
    let breaker = breaker(settings());
    fail(&breaker).await.unwrap_err();
    fail(&breaker).await.unwrap_err();

    breaker.reset();

    let after = breaker.snapshot();
    assert_eq!((after.consecutive_failures, after.totals.failures), (0, 2));
    fail(&breaker).await.unwrap_err();
    fail(&breaker).await.unwrap_err();
    assert_eq!(breaker.state(), State::Closed);
}
