//! What other instances have decided.

use super::*;
use crate::breaker::{OpenReason, TransitionReason};

const LONG: Duration = Duration::from_secs(3_600);

impl Scene {
    fn adopt_opening(&mut self, time: Duration, row: u32) -> Option<Transition> {
        let until = self.now.after(time);
        transition(self.step(|machine, step| machine.adopt_opening(until, row, step)).1)
    }

    fn adopt_closing(&mut self) -> Option<Transition> {
        let latest = self.machine.opening().since;
        transition(self.step(|machine, step| machine.adopt_closing(latest, step)).1)
    }
}

#[test]
fn given_a_closed_machine_when_others_open_then_it_is_open_until_the_same_time() {
    let mut scene = Scene::closed(settings());
    scene.make(Judged::Failure);

    let transition = scene.adopt_opening(LONG, 3).expect("it opens");

    assert_eq!(transition.reason, TransitionReason::Opened { reason: OpenReason::Elsewhere });
    assert_eq!((transition.from, transition.to), (State::Closed, State::Open));
    scene.wait(LONG - NANO);
    assert_eq!(scene.refusal(), Some(Refused::Open));
    scene.wait(NANO);
    assert!(scene.admit().is_ok());
    assert_eq!(scene.machine.standing().row, 3, "the openings in a row are those of all");
}

#[test]
fn given_an_open_machine_when_others_are_open_for_longer_then_it_is_too_and_tells_nobody() {
    let mut scene = Scene::open(settings());

    assert_eq!(scene.adopt_opening(LONG, 2), None);

    scene.wait(RECOVERY);
    assert_eq!(scene.refusal(), Some(Refused::Open));
    assert_eq!(scene.machine.openings(), 1);
    let reason = scene.machine.last_opening();
    assert!(matches!(reason, Some(OpenReason::ConsecutiveFailures { .. })), "it is its own");
}

#[test]
fn given_an_opening_of_its_own_when_all_are_told_of_it_then_it_is_open_as_long_and_only_if_it_is() {
    let mut scene = Scene::open(settings());
    let until = scene.now.after(LONG);
    let told = |scene: &mut Scene| {
        transition(scene.step(|machine, step| machine.stay_open(until, 2, step)).1)
    };
    assert_eq!(told(&mut scene), None);
    assert_eq!((scene.machine.opening().until, scene.machine.standing().row), (until, 2));

    scene.step(Machine::reset);
    assert_eq!(told(&mut scene), None);
    assert_eq!(scene.state(), State::Closed);
}

#[test]
fn given_an_open_machine_when_others_are_open_as_long_then_nothing_changes_at_all() {
    let mut scene = Scene::open(settings());
    let before = scene.word();
    assert_eq!(scene.adopt_opening(RECOVERY + Duration::from_millis(3), 1), None);
    assert_eq!(scene.word(), before);
}

#[test]
fn given_a_half_open_machine_when_others_reopen_then_its_probe_says_nothing_any_more() {
    let mut scene = Scene::due(settings());
    let probe = scene.admitted();

    let transition = scene.adopt_opening(LONG, 2).expect("it opens");
    scene.end(probe, Judged::Success);

    assert_eq!(transition.from, State::HalfOpen);
    assert_eq!(scene.state(), State::Open);
}

#[test]
fn given_an_open_machine_when_others_close_then_it_is_closed_and_the_row_of_openings_is_over() {
    for mut scene in [Scene::open(settings()), Scene::due(settings())] {
        let transition = scene.adopt_closing().expect("it closes");
        assert_eq!(transition.reason, TransitionReason::ClosedElsewhere);
        assert_eq!((scene.state(), scene.machine.standing().row), (State::Closed, 0));
        assert_eq!(scene.adopt_closing(), None, "it is closed already");
    }
}

#[test]
fn given_a_machine_that_opened_anew_when_others_close_what_was_before_then_it_stays_open() {
    let mut scene = Scene::open(settings());
    let latest = scene.machine.opening().since;
    scene.wait(RECOVERY);
    scene.make(Judged::Failure);

    let ((), news) = scene.step(|machine, step| machine.adopt_closing(latest, step));

    assert_eq!(news, []);
    assert_eq!(scene.state(), State::Open);
}

#[test]
fn given_a_dry_run_when_others_open_or_close_then_it_goes_on() {
    let mut scene = Scene::closed(settings());
    scene.step(|machine, step| machine.set_mode(Mode::MetricsOnly, Tick::NEVER, step));
    assert_eq!(scene.adopt_opening(LONG, 1), None);
    assert!(!scene.machine.standing().is_open);
    assert_eq!(scene.adopt_closing(), None);
}

#[test]
fn given_a_half_open_machine_when_others_have_all_probes_then_it_admits_none_until_then() {
    let mut scene = Scene::due(settings());
    let probe = scene.admitted();
    let until = scene.now.after(SECOND);
    scene.step(|machine, _| machine.deny_probes(until));
    scene.end(probe, Judged::Nothing);

    assert_eq!(scene.refusal(), Some(Refused::HalfOpen));
    scene.wait(SECOND - NANO);
    assert_eq!(scene.refusal(), Some(Refused::HalfOpen));
    scene.wait(NANO);
    assert!(scene.admit().is_ok());
}
