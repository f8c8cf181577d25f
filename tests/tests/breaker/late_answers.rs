//! A call belongs to the state that admitted it: when it ends in a later one, it adds to the totals
//! and changes nothing else.

use cb_runtime::Snapshot;

use super::*;

/// What a late answer must leave as it is.
fn standing(snapshot: &Snapshot) -> (State, u32, u64) {
    (snapshot.state, snapshot.consecutive_failures, snapshot.openings)
}

/// Ends the calls late, and says whether anything but the totals moved.
async fn end_late(breaker: &CircuitBreaker, success: Flight<'_>, failure: Flight<'_>) {
    let before = breaker.snapshot();
    success.succeed().await;
    assert_eq!(standing(&breaker.snapshot()), standing(&before), "after the success");
    failure.fail().await;
    let after = breaker.snapshot();
    assert_eq!(standing(&after), standing(&before), "after the failure");
    assert_eq!(after.totals.successes, before.totals.successes + 1);
    assert_eq!(after.totals.failures, before.totals.failures + 1);
    assert_eq!(after.remaining_open, before.remaining_open);
}

#[tokio::test(start_paused = true)]
async fn given_calls_of_a_closed_breaker_when_they_end_in_an_open_one_then_it_stays_open() {
    let breaker = breaker(settings());
    let (success, failure) = (Flight::begin(&breaker), Flight::begin(&breaker));
    open(&breaker).await;
    advance(SECOND).await;

    end_late(&breaker, success, failure).await;
}

#[tokio::test(start_paused = true)]
async fn given_calls_of_a_closed_breaker_when_they_end_in_a_half_open_one_then_they_are_no_probes()
{
    let breaker = breaker(settings());
    let (success, failure) = (Flight::begin(&breaker), Flight::begin(&breaker));
    open(&breaker).await;
    advance(RECOVERY).await;
    let probe = Flight::begin(&breaker);

    end_late(&breaker, success, failure).await;

    assert!(breaker.try_acquire().is_err(), "they gave no permit back");
    probe.succeed().await;
    assert_eq!(breaker.state(), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn given_calls_of_a_closed_breaker_when_they_end_in_a_later_closed_one_then_its_row_stays() {
    let breaker = breaker(settings());
    let (success, failure) = (Flight::begin(&breaker), Flight::begin(&breaker));
    open(&breaker).await;
    advance(RECOVERY).await;
    succeed(&breaker).await.unwrap();
    fail(&breaker).await.unwrap_err();
    fail(&breaker).await.unwrap_err();

    end_late(&breaker, success, failure).await;

    assert_eq!(breaker.snapshot().consecutive_failures, 2);
}

#[tokio::test(start_paused = true)]
async fn given_calls_of_a_closed_breaker_when_they_end_after_a_reset_then_the_row_stays() {
    let breaker = breaker(settings().failure_threshold(2));
    let (success, failure) = (Flight::begin(&breaker), Flight::begin(&breaker));
    breaker.reset();
    fail(&breaker).await.unwrap_err();

    end_late(&breaker, success, failure).await;

    assert_eq!(breaker.state(), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn given_probes_when_they_end_in_the_next_half_open_time_then_its_permits_stay_taken() {
    let breaker = due(settings().half_open_max_calls(3)).await;
    let (success, failure) = (Flight::begin(&breaker), Flight::begin(&breaker));
    fail(&breaker).await.unwrap_err();
    advance(RECOVERY).await;
    let probes = [(); 3].map(|()| Flight::begin(&breaker));

    end_late(&breaker, success, failure).await;

    assert!(breaker.try_acquire().is_err());
    let [probe, ..] = probes;
    probe.succeed().await;
    assert_eq!(breaker.state(), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn given_probes_when_they_end_after_another_has_closed_then_they_are_late() {
    let breaker = due(settings().half_open_max_calls(3)).await;
    let (success, failure) = (Flight::begin(&breaker), Flight::begin(&breaker));
    succeed(&breaker).await.unwrap();
    assert_eq!(breaker.state(), State::Closed);
    fail(&breaker).await.unwrap_err();

    end_late(&breaker, success, failure).await;
}

#[tokio::test(start_paused = true)]
async fn given_calls_in_flight_when_they_are_cancelled_in_a_later_state_then_nothing_changes() {
    let breaker = breaker(settings());
    let call = Flight::begin(&breaker);
    open(&breaker).await;
    advance(RECOVERY).await;
    let probe = Flight::begin(&breaker);

    call.cancel();

    assert_eq!(breaker.snapshot().totals.cancelled, 1);
    assert!(breaker.try_acquire().is_err(), "the permit is the probe's");
    probe.succeed().await;
    assert_eq!(breaker.state(), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn given_more_calls_in_flight_than_the_threshold_when_all_fail_then_it_opens_once() {
    let breaker = breaker(settings());
    let calls: Vec<_> = (0..10).map(|_| Flight::begin(&breaker)).collect();

    for call in calls {
        call.fail().await;
        advance(SECOND).await;
    }

    let after = breaker.snapshot();
    assert_eq!((after.openings, after.totals.failures), (1, 10));
    let since_the_third = Duration::from_secs(8);
    assert_eq!(after.remaining_open, Some(RECOVERY - since_the_third));
}

#[tokio::test(start_paused = true)]
async fn given_a_call_in_flight_when_forced_open_and_resumed_meanwhile_then_its_failure_is_late() {
    let breaker = breaker(settings().failure_threshold(1));
    let call = Flight::begin(&breaker);
    breaker.force_open();
    breaker.resume();

    call.fail().await;

    assert_eq!(breaker.state(), State::Closed);
    assert_eq!(breaker.snapshot().totals.failures, 1);
}
