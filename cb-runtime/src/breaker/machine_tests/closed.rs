use super::*;
use crate::breaker::OpenReason;

#[test]
fn given_a_new_machine_when_calls_come_then_all_pass_and_nothing_changes() {
    let mut scene = Scene::closed(settings());
    let before = scene.content();

    for _ in 0..1000 {
        let (decision, transition) = scene.ask();
        assert_eq!(decision.map(|call| call.role), Ok(Role::Call));
        assert_eq!(transition, None);
    }

    assert_eq!(scene.state(), State::Closed);
    assert_eq!(scene.content(), before);
}

#[test]
fn given_a_closed_machine_when_calls_fail_then_it_opens_exactly_at_the_threshold() {
    for threshold in [1, 2, 3, 5, 100] {
        let mut scene = Scene::closed(settings().failure_threshold(threshold));

        for row in 1..threshold {
            assert_eq!(scene.make(Judged::Failure), None);
            assert_eq!((scene.state(), scene.machine.row()), (State::Closed, row));
        }
        let transition = scene.make(Judged::Failure);

        assert_eq!(scene.state(), State::Open, "at {threshold} failures");
        assert!(transition.is_some_and(|transition| transition.to == State::Open));
        assert_eq!(scene.machine.openings(), 1);
    }
}

#[test]
fn given_a_row_when_its_last_failure_comes_then_the_transition_tells_what_happened() {
    let mut scene = Scene::closed(settings());
    scene.make(Judged::Failure);
    scene.make(Judged::Failure);
    scene.wait(SECOND);

    let transition = scene.make(Judged::Failure).expect("the third failure opens");

    assert_eq!((transition.from, transition.to), (State::Closed, State::Open));
    assert!(!transition.dry_run);
    let opening = transition.opening.expect("an opening is told of");
    assert_eq!(opening.reason(), OpenReason::ConsecutiveFailures { count: 3 });
    assert_eq!(opening.since, scene.now);
    assert_eq!(opening.until, scene.now.after(RECOVERY));
    assert_eq!(scene.machine.opening(), opening);
}

#[test]
fn given_a_row_one_short_when_a_call_succeeds_then_the_row_starts_at_zero() {
    let mut scene = Scene::closed(settings());
    scene.make(Judged::Failure);
    scene.make(Judged::Failure);

    assert_eq!(scene.make(Judged::Success), None);

    assert_eq!(scene.machine.row(), 0);
    scene.make(Judged::Failure);
    scene.make(Judged::Failure);
    assert_eq!((scene.state(), scene.machine.row()), (State::Closed, 2));
    scene.make(Judged::Failure);
    assert_eq!(scene.state(), State::Open);
}

#[test]
fn given_a_row_when_calls_say_nothing_then_the_row_stays_as_it_is() {
    let mut scene = Scene::closed(settings());
    scene.make(Judged::Failure);
    scene.make(Judged::Failure);

    for _ in 0..10 {
        assert_eq!(scene.make(Judged::Nothing), None);
    }

    assert_eq!(scene.machine.row(), 2);
    scene.make(Judged::Failure);
    assert_eq!(scene.state(), State::Open);
}

#[test]
fn given_a_row_when_time_passes_then_the_row_stays() {
    let mut scene = Scene::closed(settings());
    scene.make(Judged::Failure);
    scene.make(Judged::Failure);

    scene.wait(Duration::from_secs(86_400));

    scene.make(Judged::Failure);
    assert_eq!(scene.state(), State::Open);
}

#[test]
fn given_more_calls_in_flight_than_the_threshold_when_all_fail_then_it_opens_once() {
    let mut scene = Scene::closed(settings());
    let calls: Vec<Call> = (0..5).map(|_| scene.admitted()).collect();

    let transitions: Vec<bool> =
        calls.into_iter().map(|call| scene.end(call, Judged::Failure).is_some()).collect();

    assert_eq!(transitions, [false, false, true, false, false]);
    assert_eq!(scene.machine.openings(), 1);
    assert_eq!(
        scene.machine.opening().reason(),
        OpenReason::ConsecutiveFailures { count: 3 },
        "the late failures are not in the row"
    );
}

#[test]
fn given_the_highest_threshold_when_many_calls_fail_then_it_stays_closed() {
    let mut scene = Scene::closed(settings().failure_threshold(u32::MAX));

    for _ in 0..10_000 {
        assert_eq!(scene.make(Judged::Failure), None);
    }

    assert_eq!((scene.state(), scene.machine.row()), (State::Closed, 10_000));
}

#[test]
fn given_a_closed_machine_when_it_is_reset_then_the_row_is_forgotten_and_no_transition_is_told() {
    let mut scene = Scene::closed(settings());
    scene.make(Judged::Failure);
    scene.make(Judged::Failure);

    assert_eq!(scene.reset(), None);

    assert_eq!(scene.machine.row(), 0);
    scene.make(Judged::Failure);
    scene.make(Judged::Failure);
    assert_eq!(scene.state(), State::Closed);
}
