use super::*;

#[tokio::test(start_paused = true)]
async fn given_any_number_of_permits_when_more_calls_come_then_exactly_so_many_pass() {
    for permits in [1, 2, 7] {
        let breaker = due(settings().half_open_max_calls(permits)).await;

        let probes: Vec<_> = (0..permits).map(|_| hang(&breaker)).collect();

        for _ in 0..10 {
            assert!(matches!(rejection(&breaker).await, CircuitError::HalfOpen { .. }));
            assert!(matches!(breaker.try_acquire(), Err(CircuitError::HalfOpen { .. })));
        }
        drop(probes);
    }
}

#[tokio::test(start_paused = true)]
async fn given_a_success_threshold_when_so_many_probes_succeed_then_it_closes() {
    let breaker = due(settings().success_threshold(3)).await;

    for _ in 0..2 {
        assert_eq!(succeed(&breaker).await, Ok(()));
        assert_eq!(breaker.state(), State::HalfOpen);
    }
    assert_eq!(succeed(&breaker).await, Ok(()));

    assert_eq!(breaker.state(), State::Closed);
    assert_eq!(breaker.snapshot().consecutive_failures, 0);
}

#[tokio::test(start_paused = true)]
async fn given_some_successes_when_a_probe_fails_then_it_is_open_and_they_are_forgotten() {
    let breaker = due(settings().success_threshold(2)).await;
    succeed(&breaker).await.unwrap();

    assert_eq!(fail(&breaker).await, FAILED);

    assert_eq!(breaker.state(), State::Open);
    advance(RECOVERY).await;
    succeed(&breaker).await.unwrap();
    assert_eq!(breaker.state(), State::HalfOpen, "one of two");
    succeed(&breaker).await.unwrap();
    assert_eq!(breaker.state(), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn given_probes_in_flight_when_the_first_fails_then_the_others_are_late() {
    let breaker = due(settings().half_open_max_calls(3)).await;
    let (one, two, three) =
        (Flight::begin(&breaker), Flight::begin(&breaker), Flight::begin(&breaker));

    one.fail().await;
    two.succeed().await;
    three.fail().await;

    assert_eq!(breaker.state(), State::Open);
    assert_eq!(breaker.snapshot().openings, 2);
}

#[tokio::test(start_paused = true)]
async fn given_a_probe_when_its_outcome_says_nothing_then_its_permit_goes_to_the_next() {
    let breaker = due(settings().success_threshold(2)).await;
    succeed(&breaker).await.unwrap();

    breaker.try_acquire().unwrap().ignore();
    drop(breaker.try_acquire().unwrap());
    Flight::begin(&breaker).cancel();

    assert_eq!(breaker.state(), State::HalfOpen);
    succeed(&breaker).await.unwrap();
    assert_eq!(breaker.state(), State::Closed, "the success before was not forgotten");
}

#[tokio::test(start_paused = true)]
async fn given_a_hung_probe_when_its_time_is_over_then_the_next_caller_has_its_permit() {
    let breaker = due(settings().probe_timeout(SECOND)).await;
    let hung = hang(&breaker);

    advance(SECOND - NANO).await;
    assert!(matches!(rejection(&breaker).await, CircuitError::HalfOpen { .. }));
    advance(NANO).await;

    assert_eq!(succeed(&breaker).await, Ok(()));
    assert_eq!(breaker.state(), State::Closed);
    drop(hung);
}

#[tokio::test(start_paused = true)]
async fn given_a_probe_past_its_time_when_it_answers_then_it_is_not_counted() {
    let breaker = due(settings().probe_timeout(SECOND)).await;

    let hung = Flight::begin(&breaker);
    advance(SECOND).await;
    hung.succeed().await;
    assert_eq!(breaker.state(), State::HalfOpen, "a late success closes nothing");

    let hung = Flight::begin(&breaker);
    advance(SECOND).await;
    let next = Flight::begin(&breaker);
    hung.fail().await;
    assert_eq!(breaker.state(), State::HalfOpen, "a late failure opens nothing");
    assert!(breaker.try_acquire().is_err(), "and gives back no permit");

    next.succeed().await;
    assert_eq!(breaker.state(), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn given_no_probe_timeout_when_it_is_asked_for_then_it_is_the_recovery_timeout() {
    let breaker = due(settings()).await;
    let hung = hang(&breaker);

    advance(RECOVERY - NANO).await;
    assert!(breaker.try_acquire().is_err());
    advance(NANO).await;

    assert!(breaker.try_acquire().is_ok());
    drop(hung);
}

#[tokio::test(start_paused = true)]
async fn given_a_due_breaker_when_a_plain_function_is_the_probe_then_it_decides_as_well() {
    let breaker = due(settings()).await;
    assert!(breaker.call_blocking(|| Err::<(), _>("refused")).is_err());
    assert_eq!(breaker.state(), State::Open);

    advance(RECOVERY).await;
    let inside = breaker.call_blocking(|| Ok::<_, &str>(breaker.try_acquire().is_err()));

    assert_eq!(inside, Ok(true), "it held the one permit");
    assert_eq!(breaker.state(), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn given_a_rejected_caller_when_the_probe_ends_then_the_caller_may_come_again() {
    let breaker = due(settings().success_threshold(2)).await;
    let probe = Flight::begin(&breaker);
    assert_eq!(rejection(&breaker).await.retry_after(), None, "nobody can tell how long");

    probe.succeed().await;

    assert_eq!(succeed(&breaker).await, Ok(()));
    assert_eq!(breaker.state(), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn given_a_probe_in_flight_when_it_is_reset_then_it_is_closed_and_the_probe_is_late() {
    let breaker = due(settings()).await;
    let probe = Flight::begin(&breaker);

    breaker.reset();
    probe.fail().await;

    assert_eq!(breaker.state(), State::Closed);
    assert_eq!(breaker.snapshot().consecutive_failures, 0);
}

#[tokio::test(start_paused = true)]
async fn given_a_closed_again_breaker_when_calls_fail_then_it_needs_the_whole_row_again() {
    let breaker = due(settings()).await;
    succeed(&breaker).await.unwrap();

    fail(&breaker).await.unwrap_err();
    fail(&breaker).await.unwrap_err();
    assert_eq!(breaker.state(), State::Closed);
    fail(&breaker).await.unwrap_err();

    assert_eq!(breaker.state(), State::Open);
}
