//! A call belongs to the state that admitted it.

use super::*;

const OUTCOMES: [Judged; 3] = [Judged::Success, Judged::Failure, Judged::Nothing];

/// What may happen to a machine while a call is under way.
type Change = fn(&mut Scene);

fn open(scene: &mut Scene) {
    *scene = scene.clone().opened();
}

fn half_open(scene: &mut Scene) {
    open(scene);
    scene.wait(RECOVERY);
    scene.admitted();
}

fn close_again(scene: &mut Scene) {
    open(scene);
    scene.wait(RECOVERY);
    scene.make(Judged::Success);
    scene.make(Judged::Failure);
}

fn reopen(scene: &mut Scene) {
    open(scene);
    scene.wait(RECOVERY);
    scene.make(Judged::Failure);
}

fn reset(scene: &mut Scene) {
    scene.reset();
    scene.make(Judged::Failure);
}

fn force_open(scene: &mut Scene) {
    scene.set_mode(Mode::ForcedOpen, Tick::NEVER);
}

fn force_open_and_resume(scene: &mut Scene) {
    force_open(scene);
    scene.set_mode(Mode::Normal, Tick::NEVER);
    scene.make(Judged::Failure);
}

fn disable(scene: &mut Scene) {
    scene.set_mode(Mode::Disabled, Tick::NEVER);
}

fn dry_run(scene: &mut Scene) {
    scene.set_mode(Mode::MetricsOnly, Tick::NEVER);
    scene.make(Judged::Failure);
}

/// Each leaves something behind that a late answer could spoil: a row of one, a probe in flight.
const CHANGES: [(&str, Change); 9] = [
    ("open", open),
    ("half-open", half_open),
    ("closed again", close_again),
    ("reopened", reopen),
    ("reset", reset),
    ("forced open", force_open),
    ("forced open and resumed", force_open_and_resume),
    ("disabled", disable),
    ("metrics only", dry_run),
];

#[test]
fn given_a_call_of_a_closed_machine_when_it_ends_in_a_later_state_then_nothing_changes() {
    for (later, change) in CHANGES {
        for outcome in OUTCOMES {
            let mut scene = Scene::closed(settings());
            let call = scene.admitted();
            change(&mut scene);
            let before = scene.content();

            let transition = scene.end(call, outcome);

            assert_eq!(transition, None, "{outcome:?}, {later}");
            assert_eq!(scene.content(), before, "{outcome:?}, {later}");
        }
    }
}

#[test]
fn given_a_probe_when_it_ends_in_a_later_state_then_nothing_changes() {
    let probes_later: [(&str, Change); 5] = [
        ("reopened by another", |scene| {
            scene.make(Judged::Failure);
        }),
        ("closed by another", |scene| {
            scene.make(Judged::Success);
            scene.make(Judged::Failure);
        }),
        ("half-open a second time", |scene| {
            scene.make(Judged::Failure);
            scene.wait(RECOVERY);
            // These have the numbers that the probes of the first time had.
            scene.admitted();
            scene.admitted();
        }),
        ("reset", reset),
        ("forced open and resumed", |scene| {
            force_open(scene);
            scene.set_mode(Mode::Normal, Tick::NEVER);
            scene.admitted();
        }),
    ];
    for (later, change) in probes_later {
        for outcome in OUTCOMES {
            let mut scene = Scene::due(settings().half_open_max_calls(2));
            let probe = scene.admitted();
            change(&mut scene);
            let before = scene.content();

            let transition = scene.end(probe, outcome);

            assert_eq!(transition, None, "{outcome:?}, {later}");
            assert_eq!(scene.content(), before, "{outcome:?}, {later}");
        }
    }
}

#[test]
fn given_two_half_open_times_when_a_probe_of_the_first_answers_then_the_second_keeps_its_permit() {
    let mut scene = Scene::due(settings().half_open_max_calls(2));
    let old = scene.admitted();
    scene.make(Judged::Failure);
    scene.wait(RECOVERY);
    let new = [scene.admitted(), scene.admitted()];
    assert!(new.iter().any(|call| call.role == old.role), "the numbers begin anew");

    scene.end(old, Judged::Nothing);

    assert_eq!(scene.refusal(), Some(Refused::HalfOpen));
}

#[test]
fn given_two_probes_when_one_closes_and_the_other_fails_then_the_failure_is_late() {
    let mut scene = Scene::due(settings().half_open_max_calls(2));
    let (one, other) = (scene.admitted(), scene.admitted());

    assert!(scene.end(one, Judged::Success).is_some());
    assert_eq!(scene.end(other, Judged::Failure), None);

    assert_eq!((scene.state(), scene.machine.row()), (State::Closed, 0));
}

#[test]
fn given_two_probes_when_one_reopens_and_the_other_succeeds_then_the_success_is_late() {
    let mut scene = Scene::due(settings().half_open_max_calls(2));
    let (one, other) = (scene.admitted(), scene.admitted());

    assert!(scene.end(one, Judged::Failure).is_some());
    assert_eq!(scene.end(other, Judged::Success), None);

    assert_eq!(scene.state(), State::Open);
}

#[test]
fn given_a_permit_given_back_when_its_end_is_told_twice_then_the_second_changes_nothing() {
    let mut scene = Scene::due(settings().success_threshold(9));
    let probe = scene.admitted();
    scene.end(probe, Judged::Success);
    scene.admitted();

    scene.end(probe, Judged::Nothing);

    assert_eq!(scene.refusal(), Some(Refused::HalfOpen));
}
