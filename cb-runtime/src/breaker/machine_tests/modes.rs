use super::*;

fn set(scene: &mut Scene, mode: Mode) {
    scene.set_mode(mode, Tick::NEVER);
}

fn force_open_for(scene: &mut Scene, time: Duration) {
    scene.set_mode(Mode::ForcedOpen, scene.now.after(time));
}

#[test]
fn given_forced_open_when_calls_come_then_all_are_rejected_whatever_time_passes() {
    let mut scene = Scene::closed(settings());

    set(&mut scene, Mode::ForcedOpen);

    for _ in 0..3 {
        assert_eq!(scene.refusal(), Some(Refused::ForcedOpen));
        assert_eq!((scene.state(), scene.machine.mode(scene.now)), (State::Open, Mode::ForcedOpen));
        scene.wait(Duration::from_secs(86_400));
    }
    assert_eq!(scene.machine.openings(), 0, "it has not opened by its own counts");
}

#[test]
fn given_forced_open_for_a_time_when_it_is_over_to_the_nanosecond_then_calls_pass() {
    let mut scene = Scene::closed(settings());
    force_open_for(&mut scene, SECOND);

    scene.wait(SECOND - NANO);
    assert_eq!(scene.refusal(), Some(Refused::ForcedOpen));
    assert_eq!(scene.state(), State::Open);
    scene.wait(NANO);

    assert_eq!(scene.state(), State::Closed, "for a reader, before any call has come");
    assert_eq!(scene.machine.mode(scene.now), Mode::Normal);
    assert_eq!(scene.admitted().role, Role::Call);
    assert_eq!(scene.machine.mode_until(), Tick::NEVER);
}

#[test]
fn given_forced_open_when_it_is_forced_anew_then_the_later_word_says_for_how_long() {
    let mut scene = Scene::closed(settings());
    force_open_for(&mut scene, 10 * SECOND);
    scene.wait(SECOND);

    force_open_for(&mut scene, SECOND);
    scene.wait(SECOND);
    assert_eq!(scene.state(), State::Closed, "shortened");

    force_open_for(&mut scene, SECOND);
    set(&mut scene, Mode::ForcedOpen);
    scene.wait(10 * SECOND);
    assert_eq!(scene.refusal(), Some(Refused::ForcedOpen), "lengthened for good");
}

#[test]
fn given_a_forced_opening_that_ended_unseen_when_it_is_forced_anew_then_it_is_so_since_then() {
    let mut scene = Scene::closed(settings());
    force_open_for(&mut scene, SECOND);
    scene.wait(10 * SECOND);

    force_open_for(&mut scene, SECOND);

    assert_eq!(scene.refusal(), Some(Refused::ForcedOpen));
    assert_eq!(scene.machine.since(scene.now), scene.now);
}

#[test]
fn given_an_open_machine_when_it_is_forced_open_and_resumed_then_it_is_open_as_before() {
    let mut scene = Scene::open(settings());
    let opening = scene.machine.opening();
    scene.wait(SECOND);

    set(&mut scene, Mode::ForcedOpen);
    scene.wait(SECOND);
    set(&mut scene, Mode::Normal);

    assert_eq!(scene.refusal(), Some(Refused::Open));
    assert_eq!(scene.machine.opening(), opening);
    scene.wait(RECOVERY - 2 * SECOND);
    assert!(scene.admit().is_ok(), "the open time ran on");
}

#[test]
fn given_a_row_when_it_is_forced_open_and_resumed_then_the_row_goes_on() {
    let mut scene = Scene::closed(settings());
    scene.make(Judged::Failure);
    scene.make(Judged::Failure);

    set(&mut scene, Mode::ForcedOpen);
    set(&mut scene, Mode::Normal);

    scene.make(Judged::Failure);
    assert_eq!(scene.state(), State::Open);
}

#[test]
fn given_probes_in_flight_when_it_is_forced_open_and_resumed_then_all_permits_are_free() {
    let mut scene = Scene::due(settings().success_threshold(2));
    scene.make(Judged::Success);
    scene.admitted();

    set(&mut scene, Mode::ForcedOpen);
    set(&mut scene, Mode::Normal);

    let probe = scene.admitted();
    assert_eq!(scene.refusal(), Some(Refused::HalfOpen));
    assert!(scene.end(probe, Judged::Success).is_some(), "the earlier success is kept");
}

#[test]
fn given_forced_open_when_it_is_reset_then_the_mode_is_lifted() {
    let mut scene = Scene::open(settings());
    set(&mut scene, Mode::ForcedOpen);

    scene.reset();

    assert_eq!((scene.state(), scene.machine.mode(scene.now)), (State::Closed, Mode::Normal));
    assert_eq!(scene.admitted().role, Role::Call);
}

#[test]
fn given_another_mode_when_it_is_reset_then_the_mode_stays() {
    for mode in [Mode::Disabled, Mode::MetricsOnly] {
        let mut scene = Scene::closed(settings());
        set(&mut scene, mode);

        scene.reset();

        assert_eq!(scene.machine.mode(scene.now), mode);
    }
}

#[test]
fn given_disabled_when_calls_come_then_all_pass_uncounted() {
    let starts: [fn() -> Scene; 3] = [
        || Scene::closed(settings()),
        || Scene::open(settings()),
        || {
            let mut scene = Scene::due(settings());
            scene.admitted();
            scene
        },
    ];
    for start in starts {
        let mut scene = start();
        set(&mut scene, Mode::Disabled);
        let before = scene.content();

        for outcome in [Judged::Failure, Judged::Success, Judged::Nothing].repeat(10) {
            let call = scene.admitted();
            assert_eq!(call.role, Role::Uncounted);
            assert_eq!(scene.end(call, outcome), None);
        }

        assert_eq!(scene.content(), before);
    }
}

#[test]
fn given_metrics_only_when_calls_fail_then_the_opening_is_told_and_all_still_pass() {
    let mut scene = Scene::closed(settings());
    set(&mut scene, Mode::MetricsOnly);
    scene.make(Judged::Failure);
    scene.make(Judged::Failure);

    let transition = scene.make(Judged::Failure).expect("it would have opened");

    assert!(transition.dry_run);
    assert_eq!((transition.from, transition.to), (State::Closed, State::Open));
    for _ in 0..10 {
        assert_eq!(scene.admitted().role, Role::Onlooker, "would have been rejected");
        assert_eq!(scene.state(), State::Closed, "for a caller");
    }
}

#[test]
fn given_metrics_only_when_onlookers_end_then_they_decide_nothing() {
    let mut scene = Scene::closed(settings());
    set(&mut scene, Mode::MetricsOnly);
    for _ in 0..3 {
        scene.make(Judged::Failure);
    }
    let before = scene.content();

    for outcome in [Judged::Failure, Judged::Success, Judged::Nothing].repeat(10) {
        let onlooker = scene.admitted();
        assert_eq!(scene.end(onlooker, outcome), None);
    }

    assert_eq!(scene.content(), before);
}

#[test]
fn given_metrics_only_when_it_would_have_opened_then_the_dry_run_goes_on_to_half_open_and_closed() {
    let mut scene = Scene::closed(settings());
    set(&mut scene, Mode::MetricsOnly);
    for _ in 0..3 {
        scene.make(Judged::Failure);
    }
    scene.wait(RECOVERY);

    let (probe, half_opened) = scene.ask();
    let onlooker = scene.admitted();
    let closed = probe.ok().and_then(|probe| scene.end(probe, Judged::Success));

    let told = |transition: Option<Transition>| {
        transition.map(|transition| (transition.from, transition.to, transition.dry_run))
    };
    assert_eq!(told(half_opened), Some((State::Open, State::HalfOpen, true)));
    assert_eq!(onlooker.role, Role::Onlooker, "the permit was taken");
    assert_eq!(told(closed), Some((State::HalfOpen, State::Closed, true)));
    assert_eq!(scene.admitted().role, Role::Call);
}

#[test]
fn given_metrics_only_when_it_would_be_open_then_it_is_closed_since_the_mode_was_set() {
    let mut scene = Scene::closed(settings());
    scene.wait(SECOND);
    set(&mut scene, Mode::MetricsOnly);
    let set_at = scene.now;
    scene.wait(SECOND);
    for _ in 0..3 {
        scene.make(Judged::Failure);
    }

    assert_eq!(scene.state(), State::Closed);
    assert_eq!(scene.machine.since(scene.now), set_at);
}

#[test]
fn given_any_state_when_metrics_only_is_set_or_left_then_it_starts_closed_with_no_row() {
    let mut scene = Scene::open(settings());

    set(&mut scene, Mode::MetricsOnly);
    assert_eq!(scene.admitted().role, Role::Call);
    for _ in 0..3 {
        scene.make(Judged::Failure);
    }
    set(&mut scene, Mode::Normal);

    assert_eq!((scene.state(), scene.machine.row()), (State::Closed, 0));
    assert_eq!(scene.admitted().role, Role::Call, "what was not done is not done now");
}

#[test]
fn given_a_mode_when_it_is_set_again_then_calls_in_flight_still_count() {
    for mode in [Mode::Normal, Mode::MetricsOnly] {
        let mut scene = Scene::closed(settings());
        set(&mut scene, mode);
        let call = scene.admitted();
        let before = scene.content();

        set(&mut scene, mode);

        assert_eq!(scene.content(), before);
        scene.end(call, Judged::Failure);
        assert_eq!(scene.machine.row(), 1, "{mode}");
    }
}
