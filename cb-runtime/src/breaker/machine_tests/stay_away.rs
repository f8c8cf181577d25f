use super::*;
use crate::policy::OpenReason;

fn away(time: Duration) -> Outcome {
    Outcome { stay_away: time, ..Outcome::from(Judged::Failure) }
}

#[test]
fn given_a_closed_machine_when_an_error_says_how_long_to_stay_away_then_it_opens_for_that_long() {
    let mut scene = Scene::closed(settings());

    scene.make(away(7 * SECOND));

    let opening = scene.machine.opening();
    assert_eq!(opening.reason(), OpenReason::StayAway);
    assert_eq!(opening.until, scene.now.after(7 * SECOND));
    scene.wait(7 * SECOND - NANO);
    assert_eq!(scene.refusal(), Some(Refused::Open));
    scene.wait(NANO);
    assert!(scene.admit().is_ok());
}

#[test]
fn given_a_time_of_zero_when_an_error_says_so_then_it_is_a_failure_like_any_other() {
    let mut scene = Scene::closed(settings());

    scene.make(away(Duration::ZERO));

    assert_eq!((scene.state(), scene.machine.row()), (State::Closed, 1));
}

#[test]
fn given_an_endless_time_when_an_error_says_so_then_only_a_reset_closes() {
    let mut scene = Scene::closed(settings());

    scene.make(away(Duration::MAX));

    scene.wait(Duration::from_secs(100 * 365 * 86_400));
    assert_eq!(scene.refusal(), Some(Refused::Open));
    scene.reset();
    assert!(scene.admit().is_ok());
}

#[test]
fn given_a_probe_when_its_error_says_how_long_to_stay_away_then_it_reopens_for_that_long() {
    let mut scene = Scene::due(settings());

    scene.make(away(7 * SECOND));

    assert_eq!(scene.machine.opening().reason(), OpenReason::StayAway);
    assert_eq!(scene.machine.opening().until, scene.now.after(7 * SECOND));
}

#[test]
fn given_a_call_in_flight_when_it_says_so_after_a_reset_then_nothing_changes() {
    let mut scene = Scene::closed(settings());
    let call = scene.admitted();
    scene.reset();

    assert_eq!(scene.end(call, away(7 * SECOND)), None);

    assert_eq!(scene.state(), State::Closed);
}

#[test]
fn given_growing_open_times_when_an_error_says_its_own_then_that_is_exact_and_counts_in_the_row() {
    let backoff = crate::config::Backoff::new(2.0, Duration::MAX);
    let mut scene = Scene::closed(settings().backoff(backoff));
    scene.make(away(7 * SECOND));
    assert_eq!(scene.machine.opening().until, scene.now.after(7 * SECOND));
    scene.wait(7 * SECOND);

    scene.make(Judged::Failure);

    assert_eq!(scene.machine.opening().until, scene.now.after(2 * RECOVERY), "the second in a row");
}
