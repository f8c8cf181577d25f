use super::*;
use crate::breaker::OpenReason;

#[test]
fn given_an_open_machine_when_the_open_time_is_not_over_then_every_call_is_rejected() {
    let mut scene = Scene::open(settings());

    for _ in 0..100 {
        assert_eq!(scene.refusal(), Some(Refused::Open));
    }
    scene.wait(RECOVERY - NANO);

    assert_eq!(scene.state(), State::Open, "one nanosecond before");
    assert_eq!(scene.refusal(), Some(Refused::Open), "one nanosecond before");
}

#[test]
fn given_an_open_machine_when_the_open_time_is_over_to_the_nanosecond_then_a_probe_passes() {
    let mut scene = Scene::open(settings());
    scene.wait(RECOVERY - NANO);
    assert_eq!(scene.refusal(), Some(Refused::Open));

    scene.wait(NANO);
    assert_eq!(scene.state(), State::HalfOpen);
    let (decision, transition) = scene.ask();

    assert_eq!(decision.map(|call| call.role), Ok(Role::Probe(0)));
    let transition = transition.expect("the first probe half-opens");
    assert_eq!((transition.from, transition.to), (State::Open, State::HalfOpen));
    assert_eq!(transition.opening, None);
}

#[test]
fn given_an_open_machine_when_calls_are_rejected_then_the_open_time_grows_no_longer() {
    let mut scene = Scene::open(settings());

    for _ in 0..29 {
        scene.wait(SECOND);
        assert_eq!(scene.refusal(), Some(Refused::Open));
    }
    scene.wait(SECOND);

    assert!(scene.admit().is_ok(), "thirty seconds after the opening");
}

#[test]
fn given_a_machine_that_is_due_when_its_state_is_read_then_no_permit_is_taken() {
    let mut scene = Scene::due(settings());
    let before = (scene.content(), scene.word());

    for _ in 0..100 {
        assert_eq!(scene.state(), State::HalfOpen);
    }

    assert_eq!((scene.content(), scene.word()), before, "the machine is still open underneath");
    assert_eq!(scene.admitted().role, Role::Probe(0), "the only permit is there");
}

#[test]
fn given_an_open_machine_when_it_became_so_then_it_says_since_when() {
    let mut scene = Scene::closed(settings());
    scene.wait(SECOND);
    let mut scene = scene.opened();
    let opened = scene.now;

    scene.wait(RECOVERY - NANO);
    assert_eq!(scene.machine.since(scene.now), opened);

    scene.wait(SECOND);
    assert_eq!(
        scene.machine.since(scene.now),
        opened.after(RECOVERY),
        "half-open since the end of the open time, though no call has come since"
    );
}

#[test]
fn given_no_end_of_the_open_time_when_any_time_has_passed_then_it_is_still_open() {
    let mut scene = Scene::open(settings().recovery_timeout(Duration::MAX));
    assert_eq!(scene.machine.opening().until, Tick::NEVER);

    scene.now = Tick(i64::MAX - 1);

    assert_eq!(scene.state(), State::Open);
    assert_eq!(scene.refusal(), Some(Refused::Open));
}

#[test]
fn given_a_time_near_the_end_of_all_ticks_when_it_opens_then_nothing_overflows() {
    let mut scene = Scene::closed_at(Tick(i64::MAX - 5), settings()).opened();

    assert_eq!(scene.machine.opening().until, Tick::NEVER);
    assert_eq!(scene.refusal(), Some(Refused::Open));
}

#[test]
fn given_a_time_before_the_anchor_when_it_opens_then_the_open_time_is_as_long() {
    // A paused clock may stand before the point from which ticks are counted.
    let mut scene = Scene::closed_at(Tick(-5_000_000_000), settings()).opened();

    scene.wait(RECOVERY - NANO);
    assert_eq!(scene.refusal(), Some(Refused::Open));
    scene.wait(NANO);

    assert_eq!(scene.now, Tick(25_000_000_000));
    assert!(scene.admit().is_ok());
}

#[test]
fn given_an_open_machine_when_it_is_reset_then_calls_pass_at_once() {
    let mut scene = Scene::open(settings());

    let transition = scene.reset().expect("a reset closes");

    assert_eq!((transition.from, transition.to), (State::Open, State::Closed));
    assert_eq!(scene.admitted().role, Role::Call);
    assert_eq!((scene.machine.row(), scene.machine.openings()), (0, 1), "openings are a total");
}

#[test]
fn given_several_openings_when_they_are_counted_then_each_is_there_with_its_own_reason() {
    let mut scene = Scene::due(settings());
    assert_eq!(scene.machine.opening().reason(), OpenReason::ConsecutiveFailures { count: 3 });

    scene.make(Judged::Failure);
    assert_eq!(scene.machine.opening().reason(), OpenReason::ProbeFailed);
    scene.wait(RECOVERY);
    scene.make(Judged::Success);
    let scene = scene.opened();

    assert_eq!(scene.machine.openings(), 3);
    assert_eq!(scene.machine.opening().reason(), OpenReason::ConsecutiveFailures { count: 3 });
}
