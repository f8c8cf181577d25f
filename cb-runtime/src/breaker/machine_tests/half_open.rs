use super::*;
use crate::breaker::OpenReason;

#[test]
fn given_any_number_of_permits_when_more_calls_come_then_exactly_so_many_pass() {
    for permits in [1, 2, 3, 7, 100] {
        let mut scene = Scene::due(settings().half_open_max_calls(permits));

        let passed = (0..1000).filter(|_| scene.admit().is_ok()).count();

        assert_eq!(passed, permits as usize);
        assert_eq!(scene.refusal(), Some(Refused::HalfOpen));
        assert_eq!(scene.state(), State::HalfOpen);
    }
}

#[test]
fn given_the_end_of_the_open_time_when_probes_pass_then_only_the_first_tells_a_transition() {
    let mut scene = Scene::due(settings().half_open_max_calls(3));

    let transitions: Vec<bool> = (0..5).map(|_| scene.ask().1.is_some()).collect();

    assert_eq!(transitions, [true, false, false, false, false]);
}

#[test]
fn given_the_success_threshold_when_so_many_probes_succeed_then_it_closes() {
    for threshold in [1, 2, 3, 10] {
        // More successes than permits: a permit that came back is given out again.
        let mut scene = Scene::due(settings().success_threshold(threshold).half_open_max_calls(2));

        for _ in 1..threshold {
            assert_eq!(scene.make(Judged::Success), None);
            assert_eq!(scene.state(), State::HalfOpen);
        }
        let transition = scene.make(Judged::Success).expect("the last success closes");

        assert_eq!((transition.from, transition.to), (State::HalfOpen, State::Closed));
        assert_eq!((scene.state(), scene.machine.row()), (State::Closed, 0));
    }
}

#[test]
fn given_a_probe_when_it_fails_then_the_machine_is_open_for_the_whole_time_again() {
    let mut scene = Scene::due(settings().success_threshold(2));
    scene.wait(SECOND);
    let probe = scene.admitted();
    scene.wait(SECOND);

    let transition = scene.end(probe, Judged::Failure).expect("the first failure reopens");

    assert_eq!((transition.from, transition.to), (State::HalfOpen, State::Open));
    let opening = transition.opening.expect("an opening is told of");
    assert_eq!(opening.reason(), OpenReason::ProbeFailed);
    assert_eq!((opening.since, opening.until), (scene.now, scene.now.after(RECOVERY)));
    scene.wait(RECOVERY - NANO);
    assert_eq!(scene.refusal(), Some(Refused::Open));
    scene.wait(NANO);
    assert!(scene.admit().is_ok());
}

#[test]
fn given_some_successes_when_a_probe_fails_then_the_next_half_open_time_counts_from_zero() {
    let mut scene = Scene::due(settings().success_threshold(3));
    scene.make(Judged::Success);
    scene.make(Judged::Success);
    scene.make(Judged::Failure);
    scene.wait(RECOVERY);

    scene.make(Judged::Success);
    assert_eq!(scene.make(Judged::Success), None);

    assert_eq!(scene.state(), State::HalfOpen);
    scene.make(Judged::Success);
    assert_eq!(scene.state(), State::Closed);
}

#[test]
fn given_a_probe_when_its_outcome_says_nothing_then_its_permit_goes_to_the_next() {
    let mut scene = Scene::due(settings().success_threshold(2));
    scene.make(Judged::Success);

    for _ in 0..1000 {
        assert_eq!(scene.make(Judged::Nothing), None);
        assert_eq!(scene.state(), State::HalfOpen);
    }

    let transition = scene.make(Judged::Success);
    assert!(transition.is_some(), "the success before was not forgotten");
}

#[test]
fn given_two_permits_when_one_comes_back_then_one_more_call_passes_and_no_second() {
    let mut scene = Scene::due(settings().half_open_max_calls(2).success_threshold(9));
    let first = scene.admitted();
    scene.admitted();
    assert_eq!(scene.refusal(), Some(Refused::HalfOpen));

    scene.end(first, Judged::Success);

    assert!(scene.admit().is_ok());
    assert_eq!(scene.refusal(), Some(Refused::HalfOpen));
}

#[test]
fn given_a_hung_probe_when_its_time_is_over_to_the_nanosecond_then_the_next_has_its_permit() {
    let mut scene = Scene::due(settings().probe_timeout(SECOND));
    scene.admitted();

    scene.wait(SECOND - NANO);
    assert_eq!(scene.refusal(), Some(Refused::HalfOpen), "one nanosecond before");
    scene.wait(NANO);

    assert_eq!(scene.admitted().role, Role::Probe(1));
    assert_eq!(scene.refusal(), Some(Refused::HalfOpen));
}

#[test]
fn given_a_permit_that_went_to_the_next_when_the_hung_probe_answers_then_nothing_changes() {
    for outcome in [Judged::Success, Judged::Failure, Judged::Nothing] {
        let mut scene = Scene::due(settings().probe_timeout(SECOND));
        let hung = scene.admitted();
        scene.wait(SECOND);
        let next = scene.admitted();
        let before = scene.content();

        assert_eq!(scene.end(hung, outcome), None);

        assert_eq!(scene.content(), before, "after {outcome:?}");
        assert_eq!(scene.refusal(), Some(Refused::HalfOpen), "it gave no permit back");
        assert!(scene.end(next, Judged::Success).is_some(), "the next one's answer counts");
    }
}

#[test]
fn given_a_probe_past_its_time_when_it_answers_before_anyone_came_then_it_is_late_all_the_same() {
    for outcome in [Judged::Success, Judged::Failure, Judged::Nothing] {
        let mut scene = Scene::due(settings().probe_timeout(SECOND));
        let probe = scene.admitted();
        scene.wait(SECOND);

        assert_eq!(scene.end(probe, outcome), None);

        assert_eq!(scene.state(), State::HalfOpen, "after {outcome:?}");
        assert!(scene.admit().is_ok(), "the permit is free");
        assert_eq!(scene.refusal(), Some(Refused::HalfOpen), "and is one permit only");
    }
}

#[test]
fn given_a_probe_when_it_answers_in_the_last_nanosecond_then_it_counts() {
    let mut scene = Scene::due(settings().probe_timeout(SECOND));
    let probe = scene.admitted();
    scene.wait(SECOND - NANO);

    assert!(scene.end(probe, Judged::Success).is_some());

    assert_eq!(scene.state(), State::Closed);
}

#[test]
fn given_probes_of_different_age_when_the_elder_expire_then_only_their_permits_are_free() {
    let settings = settings().half_open_max_calls(3).success_threshold(9).probe_timeout(SECOND);
    let mut scene = Scene::due(settings);
    scene.admitted();
    scene.admitted();
    scene.wait(SECOND / 2);
    let young = scene.admitted();
    scene.wait(SECOND / 2);

    let passed = (0..10).filter(|_| scene.admit().is_ok()).count();

    assert_eq!(passed, 2);
    scene.end(young, Judged::Nothing);
    assert!(scene.admit().is_ok(), "the young probe still had a permit to give back");
}

#[test]
fn given_no_end_of_a_probes_time_when_any_time_has_passed_then_it_keeps_its_permit() {
    let mut scene = Scene::due(settings().probe_timeout(Duration::MAX));
    let probe = scene.admitted();

    scene.now = Tick(i64::MAX - 1);

    assert_eq!(scene.refusal(), Some(Refused::HalfOpen));
    assert!(scene.end(probe, Judged::Success).is_some());
}

#[test]
fn given_the_most_permits_that_can_be_set_when_many_calls_come_then_all_pass() {
    let mut scene = Scene::due(settings().half_open_max_calls(u32::MAX));

    assert!((0..10_000).all(|_| scene.admit().is_ok()));
}

#[test]
fn given_the_highest_success_threshold_when_many_probes_succeed_then_it_stays_half_open() {
    let mut scene = Scene::due(settings().success_threshold(u32::MAX));

    for _ in 0..10_000 {
        assert_eq!(scene.make(Judged::Success), None);
    }

    assert_eq!(scene.state(), State::HalfOpen);
}

#[test]
fn given_probes_in_flight_when_it_is_reset_then_it_is_closed_and_they_are_late() {
    let mut scene = Scene::due(settings().half_open_max_calls(2));
    let probe = scene.admitted();

    let transition = scene.reset().expect("a reset closes");

    assert_eq!((transition.from, transition.to), (State::HalfOpen, State::Closed));
    assert_eq!(scene.end(probe, Judged::Failure), None);
    assert_eq!((scene.state(), scene.machine.row()), (State::Closed, 0));
}
