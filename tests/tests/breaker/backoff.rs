//! Open times that grow while the service does not come back.

use cb_runtime::Backoff;

use super::*;

const YEAR: Duration = Duration::from_secs(86_400 * 365);

/// One failure opens, for a second at first.
fn growing(backoff: Backoff) -> ConfigBuilder {
    settings().failure_threshold(1).recovery_timeout(SECOND).backoff(backoff)
}

/// Opens by a failure, waits the open time out, and returns it.
async fn open_time(breaker: &CircuitBreaker) -> Duration {
    assert_eq!(fail(breaker).await, FAILED);
    let time = breaker.snapshot().remaining_open.unwrap();
    assert_eq!(rejection(breaker).await.retry_after(), Some(time));
    advance(time - NANO).await;
    assert_eq!(breaker.state(), State::Open);
    advance(NANO).await;
    assert_eq!(breaker.state(), State::HalfOpen);
    time
}

async fn open_times(breaker: &CircuitBreaker, openings: usize) -> Vec<u64> {
    let mut times = Vec::new();
    for _ in 0..openings {
        times.push(open_time(breaker).await.as_secs());
    }
    times
}

#[tokio::test(start_paused = true)]
async fn given_a_service_that_stays_down_when_it_is_probed_then_each_wait_is_longer_to_the_most() {
    let breaker = breaker(growing(Backoff::new(2.0, 10 * SECOND)));

    assert_eq!(open_times(&breaker, 7).await, [1, 2, 4, 8, 10, 10, 10]);
    assert_eq!(breaker.snapshot().openings, 7);
}

#[tokio::test(start_paused = true)]
async fn given_a_most_below_the_recovery_timeout_when_it_opens_then_the_most_holds() {
    let backoff = Backoff::new(3.0, Duration::from_millis(400));
    let breaker = breaker(growing(backoff));

    assert_eq!(open_time(&breaker).await, Duration::from_millis(400));
}

#[tokio::test(start_paused = true)]
async fn given_a_factor_of_one_when_it_reopens_then_all_open_times_are_alike() {
    let breaker = breaker(growing(Backoff::new(1.0, 10 * SECOND)));

    assert_eq!(open_times(&breaker, 4).await, [1, 1, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn given_grown_open_times_when_the_breaker_has_closed_then_they_start_anew() {
    let breaker = breaker(growing(Backoff::new(2.0, 10 * SECOND)).success_threshold(2));
    assert_eq!(open_times(&breaker, 3).await, [1, 2, 4]);
    succeed(&breaker).await.unwrap();
    assert_eq!(open_times(&breaker, 1).await, [8], "one success of two is no close");

    succeed(&breaker).await.unwrap();
    succeed(&breaker).await.unwrap();

    assert_eq!(breaker.state(), State::Closed);
    assert_eq!(open_times(&breaker, 3).await, [1, 2, 4]);
}

#[tokio::test(start_paused = true)]
async fn given_grown_open_times_when_the_breaker_is_reset_then_they_start_anew() {
    let breaker = breaker(growing(Backoff::new(2.0, 10 * SECOND)));
    assert_eq!(open_times(&breaker, 3).await, [1, 2, 4]);

    breaker.reset();

    assert_eq!(open_times(&breaker, 3).await, [1, 2, 4]);
}

#[tokio::test(start_paused = true)]
async fn given_a_forced_opening_when_it_opens_by_itself_then_that_is_not_among_the_openings() {
    let breaker = breaker(growing(Backoff::new(2.0, 10 * SECOND)));
    breaker.force_open();
    breaker.resume();
    assert_eq!(open_times(&breaker, 2).await, [1, 2]);

    breaker.force_open();
    breaker.resume();

    assert_eq!(open_times(&breaker, 1).await, [4], "nor does it start them anew");
}

#[tokio::test(start_paused = true)]
async fn given_two_hundred_breakers_when_they_open_then_jitter_spreads_them_within_its_bounds() {
    let mut times = Vec::new();
    for _ in 0..200 {
        let breaker = breaker(growing(Backoff::new(2.0, 100 * SECOND).jitter(0.25)));
        open_time(&breaker).await;
        times.push(open_time(&breaker).await);
    }

    times.sort();
    assert!(times.first() >= Some(&Duration::from_millis(1500)), "{times:?}");
    assert!(times.last() <= Some(&Duration::from_millis(2500)), "{times:?}");
    assert!(times.first() < Some(&Duration::from_millis(1750)), "to both sides: {times:?}");
    assert!(times.last() > Some(&Duration::from_millis(2250)), "to both sides: {times:?}");
    times.dedup();
    assert!(times.len() > 190, "few are alike: {times:?}");
}

#[tokio::test(start_paused = true)]
async fn given_open_times_at_the_most_when_there_is_jitter_then_they_are_spread_below_it() {
    let mut times = Vec::new();
    for _ in 0..200 {
        let breaker = breaker(growing(Backoff::new(2.0, SECOND).jitter(0.5)));
        times.push(open_time(&breaker).await);
    }

    times.sort();
    assert!(times.first() >= Some(&Duration::from_millis(500)), "{times:?}");
    assert!(times.last() <= Some(&SECOND), "{times:?}");
    times.dedup();
    assert!(times.len() > 190, "few are alike: {times:?}");
}

#[tokio::test(start_paused = true)]
async fn given_open_times_without_end_when_they_grow_then_they_saturate() {
    let without_end = Backoff::new(f64::MAX, Duration::MAX);
    for jitter in [0.0, 0.5] {
        let settings = growing(without_end.jitter(jitter));
        for settings in [settings, settings.recovery_timeout(Duration::MAX)] {
            let breaker = breaker(settings);
            fail(&breaker).await.unwrap_err();
            if breaker.snapshot().remaining_open < Some(YEAR) {
                advance(2 * SECOND).await;
                fail(&breaker).await.unwrap_err();
            }

            advance(50 * YEAR).await;

            assert_eq!(breaker.state(), State::Open);
            assert!(rejection(&breaker).await.retry_after() > Some(YEAR));
            breaker.reset();
            assert_eq!(succeed(&breaker).await, Ok(()));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn given_thousands_of_openings_in_a_row_when_it_reopens_then_the_open_time_is_the_most() {
    let breaker = breaker(growing(Backoff::new(1.5, 10 * SECOND)));
    for _ in 0..5000 {
        fail(&breaker).await.unwrap_err();
        advance(10 * SECOND).await;
    }

    assert_eq!(open_times(&breaker, 2).await, [10, 10]);
}
